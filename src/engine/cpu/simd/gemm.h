#pragma once

#include <cstddef>

#include "engine/cpu/simd/halves.h"

/// Products of small matrices, the inner loop of every layer with weights.
namespace alexnet::cpu::simd {

/// Columns of a panel: two vectors of floats. All matrices on the right are cut into panels of this
/// width, (k, panel_width) each, contiguous and aligned to 64 bytes.
std::size_t panel_width();
/// Rows that are multiplied with a panel at a time, at most.
std::size_t block_rows();

/// C (rows, panels · width) = or += A · B.
template <class Weight>
struct Product {
  std::size_t rows = 0;
  std::size_t depth = 0;   ///< k
  std::size_t panels = 0;  ///< of B and C

  /// Element (row, k) at a[row · a_stride + k], or a[k · a_stride + row] if `a_transposed`.
  const float* a = nullptr;
  std::size_t a_stride = 0;
  bool a_transposed = false;
  bool far_a = false;  ///< A, not transposed, lies beyond the second-level cache: fetched ahead,
                       ///< and past its end, where the next product's begins

  const Weight* b = nullptr;       ///< the first panel
  std::size_t b_panel_stride = 0;  ///< elements from one panel to the next

  float* c = nullptr;
  std::size_t c_stride = 0;        ///< from row to row
  std::size_t c_panel_stride = 0;  ///< from panel to panel: the width, for plain rows
  bool accumulate = false;

  const Weight* next = nullptr;  ///< the panel that follows the last: fetched ahead
};

/// A transposed with Half weights is not made.
void multiply(const Product<float>& product);
void multiply(const Product<Half>& product);

}  // namespace alexnet::cpu::simd
