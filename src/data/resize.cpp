#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include "data/resampler.h"

namespace alexnet {

Image resize(const Image& image, int height, int width) {
  return resize(image, {0, 0, image.height, image.width}, height, width);
}

Image resize(const Image& image, const Rectangle& part, int height, int width) {
  if (height < 1 || width < 1 || image.pixels.empty()) {
    throw Error(fmt::format("an image of {} x {} pixels cannot be resized to {} x {}", image.width,
                            image.height, width, height));
  }
  if (part.top < 0 || part.left < 0 || part.height < 1 || part.width < 1 ||
      part.top + part.height > image.height || part.left + part.width > image.width) {
    throw Error(fmt::format("an image of {} x {} pixels has no part of {} x {} at ({}, {})",
                            image.width, image.height, part.width, part.height, part.left,
                            part.top));
  }
  return frame(image,
               {.part = part, .height = height, .width = width, .window = {0, 0, height, width}},
               image.channels);
}

}  // namespace alexnet
