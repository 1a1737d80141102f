#include <alexnet/explain.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace alexnet {
namespace {

using Colour = std::array<float, 3>;

// From little to much: dark purple, red, orange, yellow.
constexpr std::array<Colour, 4> kColours{
    {{64, 16, 104}, {196, 44, 92}, {247, 128, 48}, {252, 236, 110}}};
constexpr float kOpacity = 0.75F;  // of the hottest place

Colour mix(const Colour& a, const Colour& b, float share) {
  Colour mixed{};
  for (std::size_t i = 0; i < mixed.size(); ++i) mixed[i] = a[i] + share * (b[i] - a[i]);
  return mixed;
}

Colour colour_of(float share) {
  const float place = share * (kColours.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), kColours.size() - 2);
  return mix(kColours[below], kColours[below + 1], place - static_cast<float>(below));
}

/// A point between two cells' centres.
struct Between {
  int low;
  int high;
  float share;  // of the high one
};

Between between(int pixel, int pixels, int cells) {
  const float place =
      (static_cast<float>(pixel) + 0.5F) * static_cast<float>(cells) / static_cast<float>(pixels) -
      0.5F;
  const float inside = std::clamp(place, 0.0F, static_cast<float>(cells - 1));
  const int low = static_cast<int>(inside);
  return {low, std::min(low + 1, cells - 1), inside - static_cast<float>(low)};
}

float interpolate(const Heat& heat, const Between& y, const Between& x) {
  const float above = std::lerp(heat.at(y.low, x.low), heat.at(y.low, x.high), x.share);
  const float below = std::lerp(heat.at(y.high, x.low), heat.at(y.high, x.high), x.share);
  return std::lerp(above, below, y.share);
}

Colour pixel(const Image& picture, int y, int x) {
  const bool grey = picture.channels == 1;
  return {static_cast<float>(picture.at(y, x, 0)),
          static_cast<float>(picture.at(y, x, grey ? 0 : 1)),
          static_cast<float>(picture.at(y, x, grey ? 0 : 2))};
}

}  // namespace

Image overlay(const Image& picture, const Heat& heat) {
  Image result{.height = picture.height, .width = picture.width, .channels = 3, .pixels = {}};
  const float most = std::max(std::ranges::max(heat.values), 0.0F);
  for (int y = 0; y < picture.height; ++y) {
    const Between row = between(y, picture.height, heat.height);
    for (int x = 0; x < picture.width; ++x) {
      const float value = interpolate(heat, row, between(x, picture.width, heat.width));
      const float share = most > 0 ? std::clamp(value / most, 0.0F, 1.0F) : 0.0F;
      const Colour mixed = mix(pixel(picture, y, x), colour_of(share), kOpacity * share);
      for (const float value_of_channel : mixed) {
        result.pixels.push_back(static_cast<std::uint8_t>(std::lround(value_of_channel)));
      }
    }
  }
  return result;
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
