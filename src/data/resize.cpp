#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace alexnet {
namespace {

// Pillow's arithmetic for 8-bit images: weights in fixed point with this many fractional bits, and
// results rounded to bytes after each of the two passes (columns are mixed first, then rows).
constexpr int kFractionBits = 32 - 8 - 2;

std::uint8_t round_to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(
      std::clamp((sum + (1 << (kFractionBits - 1))) >> kFractionBits, 0, 255));
}

// What one output position reads: inputs first … first + weights.size() − 1.
struct Window {
  std::size_t first = 0;
  std::vector<std::int32_t> weights;
};

// A triangle round the output position's place in the input; shrinking widens it by the factor.
Window make_window(int in, int out, int position) {
  const double scale = static_cast<double>(in) / out;
  const double support = std::max(scale, 1.0);
  const double center = (position + 0.5) * scale;
  const int first = std::max(static_cast<int>(std::lround(center - support)), 0);
  const int last = std::min(static_cast<int>(std::lround(center + support)), in);
  std::vector<double> triangle;
  double sum = 0;
  for (int i = first; i < last; ++i) {
    triangle.push_back(std::max(1.0 - std::abs((i - center + 0.5) / support), 0.0));
    sum += triangle.back();
  }
  Window window{.first = static_cast<std::size_t>(first), .weights = {}};
  for (const double weight : triangle) {
    window.weights.push_back(
        static_cast<std::int32_t>(std::lround(weight / sum * (1 << kFractionBits))));
  }
  return window;
}

std::vector<Window> make_windows(int in, int out) {
  std::vector<Window> windows;
  windows.reserve(static_cast<std::size_t>(out));
  for (int position = 0; position < out; ++position) {
    windows.push_back(make_window(in, out, position));
  }
  return windows;
}

template <std::size_t kChannels>
void mix_columns(const std::uint8_t* row, const std::vector<Window>& windows,
                 std::uint8_t* target) {
  for (const Window& window : windows) {
    std::array<std::int32_t, kChannels> sums{};
    const std::uint8_t* source = row + window.first * kChannels;
    for (const std::int32_t weight : window.weights) {
      for (std::size_t c = 0; c < kChannels; ++c) sums[c] += weight * source[c];
      source += kChannels;
    }
    for (std::size_t c = 0; c < kChannels; ++c) *target++ = round_to_byte(sums[c]);
  }
}

Image resize_width(const Image& image, int width) {
  if (width == image.width) return image;
  const std::vector<Window> windows = make_windows(image.width, width);
  Image result{.height = image.height, .width = width, .channels = image.channels, .pixels = {}};
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t row_in = static_cast<std::size_t>(image.width) * channels;
  const std::size_t row_out = static_cast<std::size_t>(width) * channels;
  result.pixels.resize(static_cast<std::size_t>(image.height) * row_out);
  const auto mix = channels == 1 ? mix_columns<1> : mix_columns<3>;
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y) {
    mix(&image.pixels[y * row_in], windows, &result.pixels[y * row_out]);
  }
  return result;
}

Image resize_height(Image image, int height) {
  if (height == image.height) return image;
  Image result{.height = height, .width = image.width, .channels = image.channels, .pixels = {}};
  const std::size_t row =
      static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  result.pixels.resize(static_cast<std::size_t>(height) * row);
  std::vector<std::int32_t> sums(row);
  std::uint8_t* target = result.pixels.data();
  for (const Window& window : make_windows(image.height, height)) {
    std::ranges::fill(sums, 0);
    const std::uint8_t* source = &image.pixels[window.first * row];
    for (const std::int32_t weight : window.weights) {
      for (std::size_t i = 0; i < row; ++i) sums[i] += weight * source[i];
      source += row;
    }
    target = std::ranges::transform(sums, target, round_to_byte).out;
  }
  return result;
}

}  // namespace

Image resize(const Image& image, int height, int width) {
  if (height < 1 || width < 1 || image.pixels.empty()) {
    throw Error(fmt::format("an image of {} x {} pixels cannot be resized to {} x {}", image.width,
                            image.height, width, height));
  }
  return resize_height(resize_width(image, width), height);
}

Image resize(const Image& image, const Rectangle& part, int height, int width) {
  if (part == Rectangle{0, 0, image.height, image.width}) return resize(image, height, width);
  if (part.top < 0 || part.left < 0 || part.top + part.height > image.height ||
      part.left + part.width > image.width) {
    throw Error(fmt::format("an image of {} x {} pixels has no part of {} x {} at ({}, {})",
                            image.width, image.height, part.width, part.height, part.left,
                            part.top));
  }
  return resize(crop(image, part.top, part.left, part.height, part.width), height, width);
}

}  // namespace alexnet
