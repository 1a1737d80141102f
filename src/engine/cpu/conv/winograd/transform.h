#pragma once

#include <cstddef>

/// The transforms of points.h on two-dimensional tiles, vectorised over channels.
///
/// A tile is a table of pointers, row by row, each to `channels` consecutive floats; the transform
/// runs along x, then along y. Channels are walked in pieces of one panel (see gemm.h): piece i of
/// a pixel lies at i · panel width, piece i of the other side at i · `stride`, so that the same
/// code writes plain rows (stride = panel width) and panels.
namespace alexnet::cpu::winograd {

struct Extent {
  std::size_t y;
  std::size_t x;
};

struct Tables {
  const float* const* from;  ///< (rows, columns) pointers
  float* const* to;
  std::size_t from_stride;  ///< floats from one piece of channels to the next
  std::size_t to_stride;
  std::size_t channels;
  std::size_t ahead = 0;  ///< floats to the next tile's values, which are fetched; 0: they are not
};

/// Per-frequency factors along each axis; null: none.
struct Scales {
  const float* y = nullptr;
  const float* x = nullptr;
};

/// Bᵀ d B: N inputs to N frequencies, multiplied by the scales.
void transform_input(Extent frequencies, Scales scales, const Tables& tables);

/// G g Gᵀ (with scales 1 / n_i) and A dy Aᵀ (without): `values` coefficients to N frequencies.
void evaluate(Extent frequencies, Extent values, Scales scales, const Tables& tables);

/// Gᵀ u G (with scales 1 / n_i): N frequencies to `values`.
void sum_moments(Extent frequencies, Extent values, Scales scales, const Tables& tables);

/// What happens to an output before it is stored.
struct Finish {
  const float* bias = nullptr;  ///< one a channel, or null
  bool relu = false;
  float factor = 1.0F;  ///< undoes the scale of half-precision weights
};

/// Aᵀ m A, then the finish.
void transform_output(Extent frequencies, Extent values, const Finish& finish,
                      const Tables& tables);

}  // namespace alexnet::cpu::winograd
