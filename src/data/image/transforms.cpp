#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>

#include "data/image/channels.h"
#include "data/image/resampler.h"

namespace alexnet {
namespace {

void check(const Image& image, const Framing& framing) {
  if (framing.height < 1 || framing.width < 1 || image.pixels.empty()) {
    throw Error(fmt::format("an image of {} x {} pixels cannot be resized to {} x {}", image.width,
                            image.height, framing.width, framing.height));
  }
  const Rectangle& part = framing.part;
  if (part.top < 0 || part.left < 0 || part.height < 1 || part.width < 1 ||
      part.height > image.height - part.top || part.width > image.width - part.left) {
    throw Error(fmt::format("an image of {} x {} pixels has no part of {} x {} at ({}, {})",
                            image.width, image.height, part.width, part.height, part.left,
                            part.top));
  }
}

}  // namespace

Image crop(const Image& image, const Rectangle& part) {
  const auto& [top, left, height, width] = part;
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

Image frame(const Image& image, const Framing& framing, int channels) {
  check(image, framing);
  if (image.channels != channels) {
    return frame(convert_channels(image, channels), framing, channels);
  }
  Image result{.height = framing.window.height,
               .width = framing.window.width,
               .channels = channels,
               .pixels = {}};
  result.pixels.resize(static_cast<std::size_t>(result.height) *
                       static_cast<std::size_t>(result.width) * static_cast<std::size_t>(channels));
  Resampler().resample(image, framing, result.pixels.data());
  return result;
}

Image preprocess_image(const Image& image, const Preprocess& settings) {
  return frame(image, centre_framing(image.size(), settings), settings.channels);
}

Image augment(const Image& image, const Preprocess& settings, const Augmentation& augmentation,
              const RandomKey& key) {
  return frame(image, random_framing(image.size(), settings, augmentation, key), settings.channels);
}

}  // namespace alexnet
