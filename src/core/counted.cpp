#include "core/counted.h"

#include <fmt/format.h>

namespace alexnet {

std::string with_thousands(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::int64_t first = number < 0 ? 1 : 0;
  for (auto i = static_cast<std::int64_t>(digits.size()) - 3; i > first; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), 1, ',');
  }
  return digits;
}

std::string counted(std::int64_t number, std::string_view noun) {
  const char* plural = noun.ends_with('s') ? "es" : "s";
  return fmt::format("{} {}{}", with_thousands(number), noun, number == 1 ? "" : plural);
}

}  // namespace alexnet
