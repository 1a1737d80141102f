#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace alexnet::serve {

struct EncodedImage {
  std::string name;          ///< a file's, or "image 1", … in order
  std::string_view content;  ///< a JPEG or PNG file
};

/// Throws Problem (413) when a request has more than `most` images: decoded, they are many times as
/// large.
void check_image_count(std::size_t count, int most);

}  // namespace alexnet::serve
