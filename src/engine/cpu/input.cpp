#include "engine/cpu/input.h"

#include <algorithm>

namespace alexnet::cpu {
namespace {

void normalise(const std::uint8_t* bytes, const PixelScaling& scaling, std::int64_t pixels,
               std::int64_t channels, float* x) {
  const float* const scale = scaling.scale.data();
  const float* const offset = scaling.offset.data();
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t i = pixel * channels + c;
      x[i] = static_cast<float>(bytes[i]) * scale[c] + offset[c];
    }
  }
}

// (c, pixels) to (pixels, c)
void permute(const float* planes, std::int64_t pixels, std::int64_t channels, float* x) {
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      x[pixel * channels + c] = planes[c * pixels + pixel];
    }
  }
}

}  // namespace

void load_input(const Images& images, const PixelScaling& scaling, int rows, float* x) {
  const std::int64_t channels = images.channels;
  const std::int64_t pixels = std::int64_t{images.height} * images.width;
  const std::int64_t size = pixels * channels;
#pragma omp parallel for schedule(static)
  for (int n = 0; n < rows; ++n) {
    float* const image = x + n * size;
    if (n >= images.count) {
      std::fill_n(image, size, 0.0F);
    } else if (!images.bytes.empty()) {
      normalise(images.bytes.data() + n * size, scaling, pixels, channels, image);
    } else {
      permute(images.floats.data() + n * size, pixels, channels, image);
    }
  }
}

}  // namespace alexnet::cpu
