#include "report/contact_sheet.h"

#include <alexnet/transforms.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "data/image/channels.h"
#include "report/font.h"
#include "report/pictures.h"

namespace alexnet {
namespace {

constexpr int kGap = 8;
constexpr int kLeastSide = 112;
constexpr int kSheetWidth = 1400;
constexpr int kLine = kGlyphHeight + 4;
constexpr std::uint8_t kPaper = 250;
constexpr std::uint8_t kInk = 20;

void paste(Image& sheet, int top, int left, const Image& image) {
  const auto row = static_cast<std::ptrdiff_t>(image.width) * 3;
  for (std::ptrdiff_t y = 0; y < image.height; ++y) {
    std::copy_n(image.pixels.begin() + y * row, row,
                sheet.pixels.begin() + ((top + y) * sheet.width + left) * 3);
  }
}

// The larger side becomes `side`; small images keep their pixels as squares.
Image fit(const Image& image, int side) {
  const int longest = std::max(image.height, image.width);
  if (longest <= side) return enlarge(image, side / longest);
  const auto scaled = [&](int extent) {
    return std::max(1, static_cast<int>(std::lround(1.0 * extent * side / longest)));
  };
  return resize(image, {scaled(image.height), scaled(image.width)});
}

std::string shortened(std::string text, int width) {
  const int most = width / kGlyphWidth;
  if (text_length(text) <= most) return text;
  const auto at_lead = [&text] {
    return (static_cast<unsigned char>(text.back()) & 0xC0U) == 0xC0U;
  };
  while (text_length(text) > std::max(most - 2, 0) || at_lead()) text.pop_back();
  return text + "..";
}

}  // namespace

Image contact_sheet(const std::vector<Exhibit>& exhibits, const std::string& title) {
  const Size input = exhibits.front().input.size();
  const int longer = std::max(input.height, input.width);
  const int factor = std::max(1, (kLeastSide + longer - 1) / longer);
  const int side = longer * factor;
  const int cell_width = 2 * side + 2 + kGap;
  const int cell_height = side + kLine + kGap;
  const auto count = static_cast<int>(exhibits.size());
  const int columns = std::clamp(kSheetWidth / cell_width, 1, count);
  const int rows = (count + columns - 1) / columns;
  const int heading = kLine + kGap;
  const int title_width = kGlyphWidth * text_length(title);
  Image sheet = blank(heading + rows * cell_height + kGap,
                      std::max(columns * cell_width, title_width + kGap) + kGap, 3, kPaper);
  draw_text(sheet, kGap, kGap, title, kInk);
  for (int i = 0; i < count; ++i) {
    const Exhibit& exhibit = exhibits[static_cast<std::size_t>(i)];
    const int top = heading + kGap + i / columns * cell_height;
    const int left = kGap + i % columns * cell_width;
    const auto put = [&](int column, const Image& image) {
      paste(sheet, top + (side - image.height) / 2, column + (side - image.width) / 2, image);
    };
    put(left, fit(convert_channels(exhibit.stored, 3), side));
    put(left + side + 2, enlarge(convert_channels(exhibit.input, 3), factor));
    draw_text(sheet, top + side + 2, left, shortened(exhibit.label, cell_width - kGap), kInk);
  }
  return sheet;
}

}  // namespace alexnet
