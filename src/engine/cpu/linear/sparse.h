#pragma once

#include <cstddef>

#include "engine/cpu/linear/forward.h"
#include "engine/cpu/simd/sparse.h"

/// The products of a fully-connected layer in training, without the zeros that ReLU and dropout put
/// into x and dy: after both, three elements of four. Above a density the dense products are
/// faster.
namespace alexnet::cpu::linear {

/// The elements of A (rows, depth) that are not zero, in pieces of the depth whose rows of B stay
/// in the first-level cache.
class Lists {
 public:
  Lists(std::size_t rows, std::size_t depth, const BlockSizes& blocks, float* memory);
  /// The memory's size, in floats.
  static std::size_t size(std::size_t rows, std::size_t depth, const BlockSizes& blocks);

  /// Lists some pieces of a matrix; elements whose gate is not above zero count as zero (may be
  /// null).
  void list(Range pieces, const float* matrix, const float* gate);
  /// How many elements are listed, once all pieces are.
  std::size_t count() const;
  /// The share of them.
  double density() const;

  std::size_t pieces() const;
  Range piece(std::size_t index) const;
  std::size_t piece_depth() const { return piece_; }  ///< of all but the last
  simd::Listed of_piece(std::size_t index) const;
  std::size_t rows() const { return rows_; }

 private:
  std::size_t rows_;
  std::size_t depth_;
  std::size_t piece_;
  std::uint32_t* counts_;  // (pieces, rows)
  float* values_;          // (pieces, capacity of a piece)
  std::uint16_t* indices_;
};

/// dyᵀ (out, n) listed in tiles of its rows, whose products stay in the second-level cache.
class Tiles {
 public:
  Tiles(std::size_t rows, std::size_t depth, const BlockSizes& blocks, float* memory);
  static std::size_t size(std::size_t rows, std::size_t depth, const BlockSizes& blocks);

  void list(Range tiles, const float* matrix);
  double density() const;

  std::size_t count() const;
  Range rows(std::size_t tile) const;
  Lists lists(std::size_t tile) const;

 private:
  std::size_t rows_;
  std::size_t depth_;
  BlockSizes blocks_;
  float* memory_;
};

/// Fewer images are never worth it; nor are lists of more than this share of the elements.
inline constexpr std::size_t kFewestSparseImages = 16;
inline constexpr double kSparseBelow = 0.6;

/// Panels of wide_panel_width() columns in so many; the functions below compute a range of them.
std::size_t wide_panels(std::size_t columns);
/// Whether a product with so many columns fills enough whole panels to keep threads busy. Does not
/// ask how many these are: it decides the order of summation, and with it the bits.
bool fills_panels(std::size_t columns);
/// The memory that each thread needs for them, in floats.
std::size_t sparse_scratch(std::size_t images, const BlockSizes& blocks);

struct SparseLayer {
  std::size_t images = 0;
  Sizes sizes;
  const float* weight = nullptr;  ///< (out, in)
};

/// y (n, out) = x · Wᵀ + b, perhaps with a ReLU; `x` lists (n, in).
void sparse_forward(const SparseLayer& layer, const Lists& x, const float* bias, bool relu,
                    Range panels, float* y, float* per_thread);
/// dx (n, in) = dy · W; `dy` lists (n, out).
void sparse_data_gradient(const SparseLayer& layer, const Lists& dy, Range panels, float* dx,
                          float* per_thread);
/// dW (out, in) = dyᵀ · x.
void sparse_weight_gradient(const SparseLayer& layer, const Tiles& dy_transposed, const float* x,
                            Range panels, float* weight_gradient, float* per_thread);

}  // namespace alexnet::cpu::linear
