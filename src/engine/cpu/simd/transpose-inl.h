// Transposed blocks of matrices. Included by kernels after Highway, once for each target.
#if defined(ALEXNET_SIMD_TRANSPOSE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ALEXNET_SIMD_TRANSPOSE_INL_H
#undef ALEXNET_SIMD_TRANSPOSE_INL_H
#else
#define ALEXNET_SIMD_TRANSPOSE_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE void transpose_rest(const float* from, std::size_t from_stride, std::size_t rows,
                               std::size_t columns, float* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * from_stride + j];
  }
}

/// Four by four.
HWY_INLINE void transpose_square(const float* from, std::size_t from_stride, float* to,
                                 std::size_t to_stride) {
#if HWY_TARGET == HWY_SCALAR
  transpose_rest(from, from_stride, 4, 4, to, to_stride);
#else
  const hn::FixedTag<float, 4> d;
  const hn::RepartitionToWide<decltype(d)> pairs;
  const auto a = hn::LoadU(d, from);
  const auto b = hn::LoadU(d, from + from_stride);
  const auto c = hn::LoadU(d, from + 2 * from_stride);
  const auto e = hn::LoadU(d, from + 3 * from_stride);
  const auto ab_low = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));   // a0 b0 a1 b1
  const auto ab_high = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));  // a2 b2 a3 b3
  const auto ce_low = hn::BitCast(pairs, hn::InterleaveLower(d, c, e));
  const auto ce_high = hn::BitCast(pairs, hn::InterleaveUpper(d, c, e));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab_low, ce_low)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab_low, ce_low)), d, to + to_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab_high, ce_high)), d, to + 2 * to_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab_high, ce_high)), d, to + 3 * to_stride);
#endif
}

/// from (rows, columns) to to (columns, rows). Small blocks, so that all lines stay in the cache.
HWY_INLINE void transpose_block(const float* from, std::size_t from_stride, std::size_t rows,
                                std::size_t columns, float* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < rows; i += 4) {
    const float* const row = from + i * from_stride;
    for (std::size_t j = 0; j < columns; j += 4) {
      float* const target = to + j * to_stride + i;
      if (i + 4 <= rows && j + 4 <= columns) {
        transpose_square(row + j, from_stride, target, to_stride);
      } else {
        transpose_rest(row + j, from_stride, HWY_MIN(4, rows - i), HWY_MIN(4, columns - j), target,
                       to_stride);
      }
    }
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
