#include "report/pictures.h"

#include <alexnet/transforms.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/base64.h"
#include "data/image/png_writer.h"

namespace alexnet {
namespace {

constexpr float kWhite = 255.0F;

std::uint8_t& pixel(Image& image, int y, int x, int c) {
  return image.pixels[(static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                       static_cast<std::size_t>(x)) *
                          static_cast<std::size_t>(image.channels) +
                      static_cast<std::size_t>(c)];
}

/// One filter of a first convolution, (in, k, k).
struct Kernel {
  std::span<const float> weights;
  int inputs;
  int side;

  float at(int input, int y, int x) const {
    const auto size = static_cast<std::size_t>(side);
    return weights[(static_cast<std::size_t>(input) * size + static_cast<std::size_t>(y)) * size +
                   static_cast<std::size_t>(x)];
  }
  float mean(int y, int x) const {
    float sum = 0;
    for (int input = 0; input < inputs; ++input) sum += at(input, y, x);
    return sum / static_cast<float>(inputs);
  }
};

Image draw(const Kernel& kernel) {
  Image tile = blank(kernel.side, kernel.side, kernel.inputs == 3 ? 3 : 1, 0);
  float largest = 0;
  for (const float weight : kernel.weights) largest = std::max(largest, std::abs(weight));
  const float scale = largest > 0 ? kWhite / 2 / largest : 0;
  for (int y = 0; y < kernel.side; ++y) {
    for (int x = 0; x < kernel.side; ++x) {
      for (int c = 0; c < tile.channels; ++c) {
        const float weight = tile.channels == 3 ? kernel.at(c, y, x) : kernel.mean(y, x);
        pixel(tile, y, x, c) = static_cast<std::uint8_t>(std::lround(kWhite / 2 + scale * weight));
      }
    }
  }
  return tile;
}

}  // namespace

Image blank(int height, int width, int channels, std::uint8_t value) {
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  image.pixels.assign(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                          static_cast<std::size_t>(channels),
                      value);
  return image;
}

std::string data_uri(const Image& image) {
  return "data:image/png;base64," + to_base64(encode_png(image));
}

Image thumbnail(const Image& image, int side) {
  const int longer = std::max(image.height, image.width);
  if (longer <= side) return image;
  return resize(
      image, {std::max(1, image.height * side / longer), std::max(1, image.width * side / longer)});
}

Image sheet(const std::vector<Image>& tiles, int columns) {
  const Image& first = tiles.front();
  const int rows = (static_cast<int>(tiles.size()) + columns - 1) / columns;
  Image result =
      blank(rows * (first.height + 1) - 1, columns * (first.width + 1) - 1, first.channels, 0);
  const std::size_t line =
      static_cast<std::size_t>(first.width) * static_cast<std::size_t>(first.channels);
  for (int i = 0; i < static_cast<int>(tiles.size()); ++i) {
    const Image& tile = tiles[static_cast<std::size_t>(i)];
    const int left = i % columns * (first.width + 1);
    for (int y = 0; y < first.height; ++y) {
      std::copy_n(tile.pixels.data() + static_cast<std::size_t>(y) * line, line,
                  &pixel(result, i / columns * (first.height + 1) + y, left, 0));
    }
  }
  return result;
}

Image kernel_sheet(const Tensor& weight, int columns) {
  const auto inputs = static_cast<int>(weight.shape()[1]);
  const auto side = static_cast<int>(weight.shape()[2]);
  const auto count = static_cast<std::size_t>(weight.shape()[0]);
  const std::size_t size = static_cast<std::size_t>(weight.size()) / count;
  std::vector<Image> tiles;
  tiles.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    tiles.push_back(draw({weight.values().subspan(i * size, size), inputs, side}));
  }
  return sheet(tiles, columns);
}

Image map_picture(std::span<const float> values, int height, int width) {
  Image image = blank(height, width, 1, 0);
  const float largest = std::max(std::ranges::max(values), 0.0F);
  if (largest == 0) return image;
  std::ranges::transform(values, image.pixels.begin(), [&](float value) {
    return static_cast<std::uint8_t>(std::lround(kWhite * std::max(value, 0.0F) / largest));
  });
  return image;
}

Image enlarge(const Image& image, int scale) {
  Image large = blank(image.height * scale, image.width * scale, image.channels, 0);
  for (int y = 0; y < large.height; ++y) {
    for (int x = 0; x < large.width; ++x) {
      for (int c = 0; c < image.channels; ++c) {
        pixel(large, y, x, c) = image.at(y / scale, x / scale, c);
      }
    }
  }
  return large;
}

}  // namespace alexnet
