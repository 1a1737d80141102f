#include <alexnet/transforms.h>

namespace alexnet {

Image resize(const Image& image, int height, int width) {
  return resize(image, {0, 0, image.height, image.width}, height, width);
}

Image resize(const Image& image, const Rectangle& part, int height, int width) {
  return frame(image,
               {.part = part, .height = height, .width = width, .window = {0, 0, height, width}},
               image.channels);
}

}  // namespace alexnet
