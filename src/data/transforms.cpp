#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>

#include "data/channels.h"

namespace alexnet {
namespace {

// Half of an even or odd gap, ties to even: Python's round(gap / 2.0).
int half(int gap) {
  return gap / 2 + (gap % 4 == 3 ? 1 : 0);
}

Image to_input_scale(const Image& image, const Preprocess& settings) {
  if (image.channels == settings.channels) return resize_short_side(image, settings.resize);
  return resize_short_side(convert_channels(image, settings.channels), settings.resize);
}

[[noreturn]] void throw_too_small(const Image& image, int height, int width) {
  throw Error(
      fmt::format("a crop of {} x {} does not fit into an image of {} x {} pixels; enlarge "
                  "the resize or the padding",
                  width, height, image.width, image.height));
}

}  // namespace

Image crop(const Image& image, int top, int left, int height, int width) {
  Image result{.height = height, .width = width, .channels = image.channels, .pixels = {}};
  const auto channels = static_cast<std::ptrdiff_t>(image.channels);
  result.pixels.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                       static_cast<std::size_t>(channels));
  const int first = std::max(left, 0);
  const std::ptrdiff_t shared = std::min(left + width, image.width) - first;
  if (shared <= 0) return result;
  for (int y = std::max(top, 0); y < std::min(top + height, image.height); ++y) {
    const auto source = image.pixels.begin() + (std::ptrdiff_t{y} * image.width + first) * channels;
    std::copy_n(
        source, shared * channels,
        result.pixels.begin() + (std::ptrdiff_t{y - top} * width + (first - left)) * channels);
  }
  return result;
}

Image center_crop(const Image& image, int height, int width) {
  if (height > image.height || width > image.width) throw_too_small(image, height, width);
  return crop(image, half(image.height - height), half(image.width - width), height, width);
}

Image flip_horizontally(const Image& image) {
  Image result{
      .height = image.height, .width = image.width, .channels = image.channels, .pixels = {}};
  result.pixels.reserve(image.pixels.size());
  for (int y = 0; y < image.height; ++y) {
    for (int x = image.width; x-- > 0;) {
      for (int c = 0; c < image.channels; ++c) result.pixels.push_back(image.at(y, x, c));
    }
  }
  return result;
}

Image preprocess(const Image& image, const Preprocess& settings) {
  return center_crop(to_input_scale(image, settings), settings.crop, settings.crop);
}

Image augment(const Image& image, const Preprocess& settings, const Augmentation& augmentation,
              const RandomKey& key) {
  const Image scaled = to_input_scale(image, settings);
  const int spare_rows = scaled.height + 2 * augmentation.padding - settings.crop;
  const int spare_columns = scaled.width + 2 * augmentation.padding - settings.crop;
  if (spare_rows < 0 || spare_columns < 0) {
    throw_too_small(scaled, settings.crop, settings.crop);
  }
  RandomStream random(key);
  const auto place = [&](int spare) {
    return static_cast<int>(random.below(static_cast<std::uint32_t>(spare) + 1)) -
           augmentation.padding;
  };
  const int top = place(spare_rows);
  const int left = place(spare_columns);
  const bool flip = augmentation.flip && random.below(2) == 1;
  const Image cropped = crop(scaled, top, left, settings.crop, settings.crop);
  return flip ? flip_horizontally(cropped) : cropped;
}

}  // namespace alexnet
