#pragma once

#include <cstddef>

/// Matrices on their way into the panels that `multiply` reads (see gemm.h).
namespace alexnet::cpu::simd {

/// A piece of a row-major matrix.
struct Piece {
  const float* from = nullptr;
  std::size_t stride = 0;  ///< from row to row
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// Copies it to panels (rows, panel_width) `panel_stride` floats apart, the last one filled up with
/// zeros. Meanwhile the same piece at `next` (may be null) is fetched into the second-level cache.
void copy_to_panels(const Piece& piece, float* panels, std::size_t panel_stride, const float* next);

}  // namespace alexnet::cpu::simd
