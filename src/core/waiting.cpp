#include "core/waiting.h"

#include <hwy/cache_control.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <limits>

#include "core/threads.h"

namespace alexnet::parallel {
namespace {

// OpenMP's values may have blanks around them and letters of any case.
bool is_word(std::string_view value, std::string_view word) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = std::min(value.find_first_not_of(kBlanks), value.size());
  const std::size_t end = value.find_last_not_of(kBlanks) + 1;  // 0 where there are only blanks
  value = value.substr(begin, end - begin);
  return std::ranges::equal(value, word, {}, [](unsigned char c) { return std::tolower(c); });
}

}  // namespace

int rounds_awake(std::size_t team_size) {
  const char* const policy = std::getenv("OMP_WAIT_POLICY");
  return rounds_awake(team_size, static_cast<std::size_t>(available_threads()),
                      policy == nullptr ? "" : policy);
}

int rounds_awake(std::size_t team_size, std::size_t processors, std::string_view policy) {
  constexpr int kDefault = 10'000;  // 0.2 to 0.5 milliseconds
  if (team_size > processors || is_word(policy, "passive")) return 0;
  return is_word(policy, "active") ? std::numeric_limits<int>::max() : kDefault;
}

void wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old, int rounds_awake) {
  for (int i = 0; i < rounds_awake; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    hwy::Pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace alexnet::parallel
