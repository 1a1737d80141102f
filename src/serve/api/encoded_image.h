#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace alexnet::serve {

struct EncodedImage {
  std::string name;          ///< a file's, or "image 1", … in order
  std::string_view content;  ///< an image file
};

/// Throws Problem (413) when a request has more than `most` images: decoding makes them many times
/// larger.
void check_image_count(std::size_t count, int most);

/// A file that came as base64, perhaps after "data:image/png;base64,", as browsers give it. Throws
/// Problem (400) that names the image and says what is wrong.
std::string decode_base64(std::string_view text, std::string_view name);

/// "image 1", …
std::string image_name(std::size_t number);

}  // namespace alexnet::serve
