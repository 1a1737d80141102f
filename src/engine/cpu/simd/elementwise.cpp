#include "engine/cpu/simd/elementwise.h"

#include <algorithm>

namespace alexnet::cpu::simd {

void relu(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] = std::max(x[i], 0.0F);
}

void mask(float* dy, const float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) dy[i] = y[i] > 0.0F ? dy[i] : 0.0F;
}

void mask_and_sum(float* dy, const float* y, std::size_t pixels, std::size_t channels,
                  float* sums) {
  if (y != nullptr) mask(dy, y, pixels * channels);
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0.0;
    for (std::size_t i = 0; i < pixels; ++i) sum += dy[i * channels + c];
    sums[c] += static_cast<float>(sum);
  }
}

void keep_and_scale(float* values, const std::uint8_t* kept, float scale, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] *= kept[i] != 0 ? scale : 0.0F;
}

void transpose(const float* from, std::size_t rows, std::size_t columns, float* to) {
  for (std::size_t column = 0; column < columns; ++column) {
    for (std::size_t row = 0; row < rows; ++row) {
      to[column * rows + row] = from[row * columns + column];
    }
  }
}

}  // namespace alexnet::cpu::simd
