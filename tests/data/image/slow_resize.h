#pragma once

#include <alexnet/transforms.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

/// Resizing as Pillow does it, one output at a time: the slow twin of the resampler.
namespace alexnet::test {

struct SlowWindow {
  int first = 0;
  std::vector<std::int64_t> weights;
};

inline SlowWindow slow_window(int in, int out, int position) {
  const double scale = static_cast<double>(in) / out;
  const double support = std::max(scale, 1.0);
  const double centre = (position + 0.5) * scale;
  SlowWindow window{.first = std::max(static_cast<int>(centre - support + 0.5), 0), .weights = {}};
  std::vector<double> triangle;
  double sum = 0;
  for (int i = window.first; i < std::min(static_cast<int>(centre + support + 0.5), in); ++i) {
    triangle.push_back(std::max(1.0 - std::abs((i - centre + 0.5) / support), 0.0));
    sum += triangle.back();
  }
  for (const double weight : triangle) {
    window.weights.push_back(std::llround(weight / sum * (1 << 22)));
  }
  return window;
}

inline Image slow_transpose(const Image& image) {
  Image result{
      .height = image.width, .width = image.height, .channels = image.channels, .pixels = {}};
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      for (int c = 0; c < result.channels; ++c) result.pixels.push_back(image.at(x, y, c));
    }
  }
  return result;
}

inline Image slow_resize_width(const Image& image, int width) {
  if (width == image.width) return image;
  Image result{.height = image.height, .width = width, .channels = image.channels, .pixels = {}};
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < width; ++x) {
      const SlowWindow window = slow_window(image.width, width, x);
      for (int c = 0; c < image.channels; ++c) {
        std::int64_t sum = 1 << 21;
        int from = window.first;
        for (const std::int64_t weight : window.weights) sum += weight * image.at(y, from++, c);
        result.pixels.push_back(
            static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> 22, 0, 255)));
      }
    }
  }
  return result;
}

inline Image slow_resize(const Image& image, int height, int width) {
  return slow_transpose(slow_resize_width(slow_transpose(slow_resize_width(image, width)), height));
}

/// crop, slow_resize, crop, flip_horizontally.
inline Image slow_frame(const Image& image, const Framing& framing) {
  const Rectangle& part = framing.part;
  const Rectangle& window = framing.window;
  const Image resized = slow_resize(crop(image, {part.top, part.left, part.height, part.width}),
                                    framing.height, framing.width);
  const Image cut = crop(resized, {window.top, window.left, window.height, window.width});
  return framing.flip ? flip_horizontally(cut) : cut;
}

}  // namespace alexnet::test
