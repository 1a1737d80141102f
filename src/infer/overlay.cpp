#include "infer/overlay.h"

#include <alexnet/explain.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "infer/between.h"

namespace alexnet {
namespace {

using Colour = std::array<float, 3>;

// From little to much: dark purple, red, orange, yellow.
constexpr std::array<Colour, 4> kColours{
    {{64, 16, 104}, {196, 44, 92}, {247, 128, 48}, {252, 236, 110}}};
constexpr float kOpacity = 0.75F;  // of the hottest place

Colour blend(const Colour& a, const Colour& b, float share) {
  Colour mixed{};
  for (std::size_t i = 0; i < mixed.size(); ++i) mixed[i] = mix(a[i], b[i], share);
  return mixed;
}

Colour colour_of(float share) {
  const float place = share * (kColours.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), kColours.size() - 2);
  return blend(kColours[below], kColours[below + 1], place - static_cast<float>(below));
}

Colour pixel(const Image& picture, int y, int x) {
  const bool grey = picture.channels == 1;
  return {static_cast<float>(picture.at(y, x, 0)),
          static_cast<float>(picture.at(y, x, grey ? 0 : 1)),
          static_cast<float>(picture.at(y, x, grey ? 0 : 2))};
}

Image greyed(const Image& picture) {
  Image grey{.height = picture.height, .width = picture.width, .channels = 1, .pixels = {}};
  grey.pixels.reserve(picture.pixels.size() / 3);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const int sum = picture.at(y, x, 0) + 2 * picture.at(y, x, 1) + picture.at(y, x, 2);
      grey.pixels.push_back(static_cast<std::uint8_t>(sum / 4));
    }
  }
  return grey;
}

}  // namespace

Image overlay(const Image& picture, const TensorView& heat) {
  const std::int64_t cells = heat.shape[1];
  const std::vector<Between> rows = between(picture.height, heat.shape[0]);
  const std::vector<Between> columns = between(picture.width, cells);
  const float most = std::max(std::ranges::max(heat.values), 0.0F);
  Image result{.height = picture.height, .width = picture.width, .channels = 3, .pixels = {}};
  result.pixels.reserve(3 * rows.size() * columns.size());
  for (int y = 0; y < picture.height; ++y) {
    const Between& row = rows[static_cast<std::size_t>(y)];
    const float* const above = heat.values.data() + row.low * cells;
    const float* const below = heat.values.data() + row.high * cells;
    for (int x = 0; x < picture.width; ++x) {
      const float value = bilinear(above, below, row.share, columns[static_cast<std::size_t>(x)]);
      const float share = most > 0 ? std::clamp(value / most, 0.0F, 1.0F) : 0.0F;
      const Colour mixed = blend(pixel(picture, y, x), colour_of(share), kOpacity * share);
      for (const float value_of_channel : mixed) {
        result.pixels.push_back(static_cast<std::uint8_t>(std::lround(value_of_channel)));
      }
    }
  }
  return result;
}

Image overlay_on_grey(const Image& picture, const TensorView& heat) {
  return overlay(greyed(picture), heat);
}

Image overlay(const Image& picture, const Heat& heat) {
  return overlay(picture, TensorView{{heat.height, heat.width}, heat.values});
}

Image overlay_scale(int height, int width) {
  constexpr std::uint8_t kGrey = 128;
  const std::size_t pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  Heat ramp{
      .height = 1, .width = width, .values = std::vector<float>(static_cast<std::size_t>(width))};
  std::iota(ramp.values.begin(), ramp.values.end(), 0.0F);
  return overlay(
      {.height = height, .width = width, .channels = 1, .pixels = std::vector(pixels, kGrey)},
      ramp);
}

}  // namespace alexnet
