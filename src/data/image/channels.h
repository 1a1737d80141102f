#pragma once

#include <alexnet/image.h>

#include <cstddef>
#include <cstdint>

namespace alexnet {

/// The image with 1 or 3 channels: grey repeated, or colour weighted as Pillow's convert("L") does
/// (ITU-R 601). Throws Error on another number.
Image convert_channels(const Image& image, int channels);

/// Four inks as RGB, as Pillow converts them. Each is stored inverted: 255 is none. `rgb` may be
/// where they stand.
inline void inverted_cmyk_to_rgb(const std::uint8_t* inks, std::uint8_t* rgb) {
  const int white = inks[3];
  for (std::size_t c = 0; c < 3; ++c) {
    const int product = (255 - inks[c]) * white + 128;
    rgb[c] = static_cast<std::uint8_t>(white - (((product >> 8) + product) >> 8));
  }
}

}  // namespace alexnet
