#include <alexnet/transforms.h>

namespace alexnet {

Image resize(const Image& image, Size size) {
  return resize(image, {0, 0, image.height, image.width}, size);
}

Image resize(const Image& image, const Rectangle& part, Size size) {
  return frame(image,
               {.part = part,
                .height = size.height,
                .width = size.width,
                .window = {0, 0, size.height, size.width}},
               image.channels);
}

}  // namespace alexnet
