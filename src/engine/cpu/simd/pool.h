#pragma once

#include <cstddef>
#include <cstdint>

#include "core/team.h"

/// Pooling of NHWC maps, row by row of the result. Rows are counted through all images.
namespace alexnet::cpu::simd {

/// Square windows at (stride · row, stride · column), clipped at the map's bottom and right.
struct Pool {
  std::size_t kernel = 3;
  std::size_t stride = 2;
  std::size_t channels = 0;
  std::size_t in_height = 0;
  std::size_t in_width = 0;
  std::size_t out_height = 0;
  std::size_t out_width = 0;
};

void max_pool(const Pool& pool, parallel::Range output_rows, const float* x, float* y);

/// Kernels up to this size have places that fit a byte.
inline constexpr std::size_t kMaxPlacedKernel = 15;

/// Also notes where in its window, row · kernel + column, each largest element was: the first, if
/// there are several.
void max_pool(const Pool& pool, parallel::Range output_rows, const float* x, float* y,
              std::uint8_t* places);

/// Each element of dx is the sum of the dy whose places name it.
void max_pool_gradient(const Pool& pool, parallel::Range input_rows, const float* dy,
                       const std::uint8_t* places, float* dx);

/// Neighbours along one axis with their weights.
struct Taps {
  std::size_t begin = 0;
  std::size_t count = 0;
  const float* weights = nullptr;
};

/// y[c] = sum over rows and columns of row weight · column weight · x[row][column][c], for one
/// pixel of `channels` channels out of a map of `width` pixels a row.
void weighted_sum(const float* x, std::size_t width, std::size_t channels, const Taps& rows,
                  const Taps& columns, float* y);

}  // namespace alexnet::cpu::simd
