#include "data/image/channels.h"

#include <alexnet/error.h>
#include <fmt/format.h>

namespace alexnet {
namespace {

// Pillow's integers for 0.299, 0.587 and 0.114.
std::uint8_t luma(const std::uint8_t* rgb) {
  const std::uint32_t sum = rgb[0] * 19595U + rgb[1] * 38470U + rgb[2] * 7471U + 0x8000U;
  return static_cast<std::uint8_t>(sum >> 16);
}

}  // namespace

Image convert_channels(const Image& image, int channels) {
  if (image.channels == channels) return image;
  if (channels != 1 && channels != 3) {
    throw Error(fmt::format("images have 1 channel (grey) or 3 (RGB), not {}", channels));
  }
  Image result{.height = image.height, .width = image.width, .channels = channels, .pixels = {}};
  const std::size_t count =
      static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.width);
  result.pixels.resize(count * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < count; ++i) {
    if (channels == 1) {
      result.pixels[i] = luma(&image.pixels[3 * i]);
    } else {
      for (std::size_t c = 0; c < 3; ++c) result.pixels[3 * i + c] = image.pixels[i];
    }
  }
  return result;
}

}  // namespace alexnet
