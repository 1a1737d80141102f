#include "ranks/together.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstring>
#include <optional>

namespace alexnet {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// What became of an action on a rank, as text: a letter for the kind of error, host, sentence; or
// what it returned.
constexpr char kDone = '.';
constexpr char kFirstKind = 'a';

std::string outcome(const std::function<std::string()>& action) {
  try {
    return kDone + action();
  } catch (const Error& error) {
    const auto kind = static_cast<char>(kFirstKind + static_cast<int>(error.kind()));
    return fmt::format("{}{}\n{}", kind, host_name(), error.what());
  }
}

bool failed(const std::string& outcome) {
  return outcome.front() != kDone;
}

ErrorKind kind_of(const std::string& failure) {
  return static_cast<ErrorKind>(failure.front() - kFirstKind);
}

std::string host_of(const std::string& failure) {
  return failure.substr(1, failure.find('\n') - 1);
}

std::string sentence_of(const std::string& failure) {
  return failure.substr(failure.find('\n') + 1);
}

[[noreturn]] void throw_shared(const std::vector<std::string>& outcomes) {
  const auto first = std::ranges::find_if(outcomes, failed);
  const std::string sentence = sentence_of(*first);
  const bool of_all = std::ranges::all_of(outcomes, [&](const std::string& other) {
    return failed(other) && sentence_of(other) == sentence;
  });
  if (of_all) throw SharedError(sentence, kind_of(*first));
  const auto rank = static_cast<int>(first - outcomes.begin());
  throw SharedError(fmt::format("{}: {}", rank_name(rank, host_of(*first)), sentence),
                    kind_of(*first));
}

}  // namespace

std::vector<std::string> all_gather(Communicator& ranks, std::string_view own) {
  const auto count = static_cast<std::size_t>(ranks.size());
  const std::uint64_t size = own.size();
  std::vector<std::uint64_t> sizes(count);
  const auto of = [](auto& value) { return std::span(&value, 1); };
  std::vector<std::span<std::byte>> from;
  from.reserve(count);
  for (std::uint64_t& other : sizes) from.push_back(std::as_writable_bytes(of(other)));
  ranks.exchange({count, std::as_bytes(of(size))}, from);
  std::vector<std::string> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    all[i].resize(sizes[i]);
    from[i] = std::as_writable_bytes(std::span(all[i]));
  }
  ranks.exchange({count, bytes_of(own)}, from);
  return all;
}

bool any(Communicator& ranks, bool own) {
  if (ranks.size() == 1) return own;
  return std::ranges::count(all_gather(ranks, own ? "1" : ""), "1") > 0;
}

std::vector<std::string> together(Communicator& ranks, const std::function<std::string()>& action) {
  if (ranks.size() == 1) return {action()};
  std::vector<std::string> outcomes = all_gather(ranks, outcome(action));
  if (std::ranges::any_of(outcomes, failed)) throw_shared(outcomes);
  for (std::string& text : outcomes) text.erase(0, 1);
  return outcomes;
}

void do_together(Communicator& ranks, const std::function<void()>& action) {
  together(ranks, [&] {
    action();
    return std::string();
  });
}

void do_on_first(Communicator& ranks, const std::function<void()>& action) {
  if (ranks.size() == 1) return action();
  const bool acts = ranks.rank() == 0;
  const std::string own = acts ? outcome([&] {
    action();
    return std::string();
  })
                               : std::string();
  const std::string first = all_gather(ranks, own).front();
  if (failed(first)) throw SharedError(sentence_of(first), kind_of(first));
}

std::string rank_name(int rank, std::string_view host) {
  return fmt::format("rank {} on {}", rank, host);
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace alexnet
