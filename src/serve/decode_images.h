#pragma once

#include <alexnet/transforms.h>

#include <cstdint>
#include <span>
#include <vector>

#include "serve/encoded_image.h"
#include "serve/http.h"

namespace alexnet::serve {

/// The images prepared as in a model's training, one after the other. Throws Problem: 415 and 422
/// when one is not an image or has more than `max_pixels`, 504 when nobody waits for them any more,
/// which is asked before each.
std::vector<std::uint8_t> decode_images(std::span<const EncodedImage> images,
                                        const Preprocess& preprocess, std::int64_t max_pixels,
                                        const Patience& patience);

}  // namespace alexnet::serve
