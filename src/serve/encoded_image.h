#pragma once

#include <alexnet/transforms.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http.h"

namespace alexnet::serve {

struct EncodedImage {
  std::string name;          ///< a file's, or "image 1", … in order
  std::string_view content;  ///< a JPEG or PNG file
};

/// Throws Problem (413) when a request has more than `most` images: decoded, they are many times as
/// large.
void check_image_count(std::size_t count, int most);

/// The images prepared as in a model's training, one after the other. Throws Problem: 415 and 422
/// when one is not an image or has more than `max_pixels`, 504 when nobody waits for them any more,
/// which is asked before each.
std::vector<std::uint8_t> decode_images(std::span<const EncodedImage> images,
                                        const Preprocess& preprocess, std::int64_t max_pixels,
                                        const Patience& patience);

}  // namespace alexnet::serve
