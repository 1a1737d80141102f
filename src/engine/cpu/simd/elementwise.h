#pragma once

#include <cstddef>
#include <cstdint>

#include "core/team.h"

/// Loops over floats that compute little and move much.
namespace alexnet::cpu::simd {

/// y = max(x, 0); x and y may be the same.
void relu(const float* x, float* y, std::size_t count);

/// dy = 0 where y <= 0.
void mask(float* dy, const float* y, std::size_t count);

/// dy (pixels, channels) = 0 where y <= 0, and its sums over the pixels are added to `sums`
/// (channels). `y` null: dy stays as it is.
void mask_and_sum(float* dy, const float* y, std::size_t pixels, std::size_t channels, float* sums);

/// values = kept ? scale · value : 0.
void keep_and_scale(float* values, const std::uint8_t* kept, float scale, std::size_t count);

/// from (n, rows, columns) to (n, columns, rows), for a range of the (n · columns) rows of `to`.
void transpose(const float* from, std::size_t rows, std::size_t columns, parallel::Range to_rows,
               float* to);

}  // namespace alexnet::cpu::simd
