#include "core/size.h"

#include <fmt/format.h>

#include <charconv>

namespace alexnet {
namespace {

std::optional<int> parse_extent(std::string_view text) {
  int extent = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, extent);
  if (error != std::errc() || parsed != end || extent < 0) return std::nullopt;
  return extent;
}

}  // namespace

std::string to_string(Size size) {
  return size.is_square() ? fmt::format("{}", size.height)
                          : fmt::format("{}x{}", size.height, size.width);
}

std::optional<Size> parse_size(std::string_view text) {
  const std::size_t cross = text.find('x');
  const auto height = parse_extent(text.substr(0, cross));
  const auto width =
      cross == std::string_view::npos ? height : parse_extent(text.substr(cross + 1));
  if (!height || !width) return std::nullopt;
  return Size{*height, *width};
}

}  // namespace alexnet
