#pragma once

#include <alexnet/image.h>
#include <alexnet/images.h>

namespace alexnet {

/// Valid as long as the image.
inline Images batch_of_one(const Image& image) {
  return Images::from_bytes(
      image.pixels,
      {.count = 1, .channels = image.channels, .height = image.height, .width = image.width});
}

}  // namespace alexnet
