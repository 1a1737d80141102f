#include "report/distance_picture.h"

#include <alexnet/explain.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "infer/overlay.h"
#include "report/font.h"

namespace alexnet {
namespace {

constexpr int kBar = 12;  // its height
constexpr int kGap = 4;
constexpr std::uint8_t kPaper = 255;
constexpr std::uint8_t kInk = 32;

void paste(const Image& from, int top, int left, Image& to) {
  const auto row = static_cast<std::size_t>(from.width) * 3;
  for (int y = 0; y < from.height; ++y) {
    const auto place = static_cast<std::size_t>(top + y) * static_cast<std::size_t>(to.width) +
                       static_cast<std::size_t>(left);
    std::copy_n(
        from.pixels.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y) * row), row,
        to.pixels.begin() + static_cast<std::ptrdiff_t>(3 * place));
  }
}

}  // namespace

Image distance_picture(const Image& picture, const Tensor& map) {
  const std::string most = fmt::format("{:.3g}", std::ranges::max(map.values()));
  const int numbers = (text_length(most) + 1) * kGlyphWidth + 3 * kGap;
  const int width = std::max(picture.width, numbers + 8 * kGlyphWidth);
  const Image coloured = overlay_on_grey(picture, {map.shape(), map.values()});
  Image result{.height = picture.height + kGlyphHeight + 2 * kGap,
               .width = width,
               .channels = 3,
               .pixels = {}};
  result.pixels.assign(
      3 * static_cast<std::size_t>(result.height) * static_cast<std::size_t>(width), kPaper);
  paste(coloured, 0, 0, result);
  const int top = picture.height + kGap;
  draw_text(result, top, kGap, "0", kInk);
  paste(overlay_scale(kBar, width - numbers), top, 2 * kGap + kGlyphWidth - kGap / 2, result);
  draw_text(result, top, width - kGap - text_length(most) * kGlyphWidth, most, kInk);
  return result;
}

}  // namespace alexnet
