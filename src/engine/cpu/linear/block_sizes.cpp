#include "engine/cpu/linear/block_sizes.h"

#include <algorithm>

#include "engine/cpu/simd/dot.h"

namespace alexnet::cpu::linear {
namespace {

// Of the longest vectors; with shorter ones the blocks take a part of this.
constexpr std::size_t kVectorBytes = 64;
constexpr std::size_t kPanelBytes = 2 * kVectorBytes;      // of a row (simd/gemm.h)
constexpr std::size_t kWidePanelBytes = 8 * kVectorBytes;  // of a row (simd/sparse.h)
constexpr std::size_t kGrain = 16;                         // rows that every kernel takes whole

std::size_t rows_of(std::size_t bytes, std::size_t row) {
  return std::max(kGrain, bytes / row / kGrain * kGrain);
}

}  // namespace

BlockSizes block_sizes(const Caches& caches) {
  return {.packed_inputs = caches.l2 / 4 / sizeof(float),
          .weight_rows = rows_of(caches.l2 / 16, kPanelBytes),
          .sparse_depth = rows_of(caches.l1d, kWidePanelBytes),
          .sparse_rows = rows_of(caches.l2 / 8, kWidePanelBytes),
          .dot_pieces = std::max<std::size_t>(1, caches.l2 / 4 * 3 / simd::kPieceBytes),
          .panels = caches.l2 / 2 / sizeof(float),
          .dot_slice = caches.l1d / 4};
}

}  // namespace alexnet::cpu::linear
