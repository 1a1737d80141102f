#pragma once

#include <alexnet/image.h>
#include <alexnet/transforms.h>

#include <cstdint>
#include <span>
#include <vector>

#include "serve/api/encoded_image.h"
#include "serve/http/cancellation.h"

namespace alexnet::serve {

/// An image in its own size, with 1 or 3 channels. Throws Problem: 415 when it is of no known
/// format, 422 when it cannot be decoded or has more than `max_pixels`.
Image decode_image_file(const EncodedImage& image, int channels, std::int64_t max_pixels);

struct DecodedImages {
  std::vector<std::uint8_t> pixels;  ///< (N, H, W, C)
  std::vector<bool> transparent;     ///< (N,): Image::transparent
};

/// The images prepared as in a model's evaluation, one after the other. Throws Problem as
/// decode_image_file does, and 504 when the request is cancelled, which is checked before each.
DecodedImages decode_images(std::span<const EncodedImage> images, const Preprocess& preprocess,
                            std::int64_t max_pixels, const Cancellation& cancellation);

}  // namespace alexnet::serve
