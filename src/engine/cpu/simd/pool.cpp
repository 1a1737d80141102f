#include "engine/cpu/simd/pool.h"

namespace alexnet::cpu::simd {
namespace {

template <bool kPlaces>
void pool_rows(const Pool& p, Range rows, const float* x, float* y, std::uint8_t* places) {
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const std::size_t top = row % p.out_height * p.stride;
    const float* image = x + row / p.out_height * p.in_height * p.in_width * p.channels;
    const std::size_t height = std::min(p.kernel, p.in_height - top);
    for (std::size_t column = 0; column < p.out_width; ++column) {
      const std::size_t left = column * p.stride;
      const std::size_t width = std::min(p.kernel, p.in_width - left);
      const float* corner = image + (top * p.in_width + left) * p.channels;
      const std::size_t out = (row * p.out_width + column) * p.channels;
      for (std::size_t c = 0; c < p.channels; ++c) {
        float best = corner[c];
        std::size_t place = 0;
        for (std::size_t i = 0; i < height; ++i) {
          for (std::size_t j = 0; j < width; ++j) {
            const float value = corner[(i * p.in_width + j) * p.channels + c];
            if (value > best) {
              best = value;
              place = i * p.kernel + j;
            }
          }
        }
        y[out + c] = best;
        if (kPlaces) places[out + c] = static_cast<std::uint8_t>(place);
      }
    }
  }
}

}  // namespace

void max_pool(const Pool& pool, Range output_rows, const float* x, float* y) {
  pool_rows<false>(pool, output_rows, x, y, nullptr);
}

void max_pool(const Pool& pool, Range output_rows, const float* x, float* y, std::uint8_t* places) {
  pool_rows<true>(pool, output_rows, x, y, places);
}

void max_pool_gradient(const Pool& p, Range rows, const float* dy, const std::uint8_t* places,
                       float* dx) {
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const std::size_t in_y = row % p.in_height;
    const std::size_t image = row / p.in_height * p.out_height * p.out_width * p.channels;
    for (std::size_t in_x = 0; in_x < p.in_width; ++in_x) {
      float* const target = dx + (row * p.in_width + in_x) * p.channels;
      for (std::size_t c = 0; c < p.channels; ++c) {
        float sum = 0.0F;
        for (std::size_t i = 0; i < p.out_height; ++i) {
          if (i * p.stride > in_y || i * p.stride + p.kernel <= in_y) continue;
          for (std::size_t j = 0; j < p.out_width; ++j) {
            if (j * p.stride > in_x || j * p.stride + p.kernel <= in_x) continue;
            const std::size_t place = (in_y - i * p.stride) * p.kernel + in_x - j * p.stride;
            const std::size_t out = image + (i * p.out_width + j) * p.channels + c;
            if (places[out] == place) sum += dy[out];
          }
        }
        target[c] = sum;
      }
    }
  }
}

void weighted_sum(const float* x, std::size_t width, std::size_t channels, const Taps& rows,
                  const Taps& columns, float* y) {
  for (std::size_t c = 0; c < channels; ++c) {
    float sum = 0.0F;
    for (std::size_t i = 0; i < rows.count; ++i) {
      for (std::size_t j = 0; j < columns.count; ++j) {
        sum += rows.weights[i] * columns.weights[j] *
               x[((rows.begin + i) * width + columns.begin + j) * channels + c];
      }
    }
    y[c] = sum;
  }
}

}  // namespace alexnet::cpu::simd
