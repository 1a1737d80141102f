#include "serve/http/request_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdint>
#include <random>

namespace alexnet::serve {
namespace {

bool is_allowed(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-_.:/+=").find(c) != std::string_view::npos;
}

}  // namespace

std::string request_id(std::string_view from_client) {
  constexpr std::size_t kLongest = 128;
  if (!from_client.empty() && from_client.size() <= kLongest &&
      std::ranges::all_of(from_client, is_allowed)) {
    return std::string(from_client);
  }
  static const std::uint32_t process = std::random_device()();
  static std::atomic<std::uint32_t> count{0};
  return fmt::format("{:08x}-{:08x}", process, count.fetch_add(1));
}

}  // namespace alexnet::serve
