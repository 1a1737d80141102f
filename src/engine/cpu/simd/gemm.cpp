// Register-blocked products. A block of R rows and one panel of C lives in registers; for each k it
// takes two vectors of B and R broadcast elements of A:
//
//        B  k  [ b0 | b1 ]            R rows x 2 vectors of accumulators
//   A r  k     [ c0 | c1 ] += a · b   12 x 2 of 32 registers on AVX-512, 6 x 2 of 16 on AVX2
//
// Rows are divided evenly among blocks of at most R (13 are 7 + 6, not 12 + 1). While a panel is
// computed, the next is fetched into the second-level cache, a part of it with each block, so that
// it is read at an even rate. Where A lies beyond that cache, a block of the first panel also
// fetches the rows of the block after it, and the last block of each those of the next product.
#include "engine/cpu/simd/gemm.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/cpu/simd/gemm_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

constexpr std::size_t kWidth = 2 * kLanes;
constexpr std::size_t kMaxRows = kLanes >= 16 ? 12 : 6;

HWY_INLINE Vec load(const float* from) {
  return hn::Load(Floats(), from);
}

HWY_INLINE Vec load(const Half* from) {
  return load_halves(from);
}

HWY_INLINE void fetch(const void* line) {
  __builtin_prefetch(line, 0, 2);
}

/// What is fetched while a block is computed: `b_rows` rows of the next panel, one every `every`
/// steps of k, and the rows of A at `a`.
template <class Weight>
struct Ahead {
  const Weight* b = nullptr;
  std::size_t b_rows = 0;
  std::size_t every = 1;
  const float* a = nullptr;
};

/// Part i of `blocks` of the panel at `next` (may be null).
template <class Weight>
HWY_INLINE Ahead<Weight> part_ahead(const Weight* next, std::size_t depth, std::size_t i,
                                    std::size_t blocks) {
  if (next == nullptr) return {};
  const std::size_t first = depth * i / blocks;
  return {.b = next + first * kWidth, .b_rows = depth * (i + 1) / blocks - first, .every = blocks};
}

/// One block of rows and one panel.
template <std::size_t R, bool kTransposed, bool kFetchA, class Weight>
HWY_NOINLINE void block(const Product<Weight>& p, const float* a, const Weight* b, float* c,
                        const Ahead<Weight>& ahead) {
  Rows<R> sums;
  if (p.accumulate) {
    sums.load(c, p.c_stride);
  } else {
    sums.clear();
  }
  const std::size_t row_step = kTransposed ? 1 : p.a_stride;
  const std::size_t k_step = kTransposed ? p.a_stride : 1;
  const Weight* next_b = ahead.b;
  const Weight* const end_b = next_b + ahead.b_rows * kWidth;
  const float* next_a = ahead.a;
  std::size_t until = 1;
  for (std::size_t k = 0; k < p.depth; ++k) {
    const Vec left = load(b);
    const Vec right = load(b + kLanes);
    if (--until == 0) {
      until = ahead.every;
      if (next_b != end_b) {
        fetch(next_b);
        if constexpr (kWidth * sizeof(Weight) > 64) fetch(next_b + kLanes);
        next_b += kWidth;
      }
    }
    if constexpr (kFetchA) {
      fetch(next_a);
      next_a += R;
    }
    sums.add_product(a, row_step, left, right);
    a += k_step;
    b += kWidth;
  }
  sums.store(c, p.c_stride);
}

template <bool kTransposed, bool kFetchA, class Weight, std::size_t R = kMaxRows>
HWY_INLINE void block_of(std::size_t rows, const Product<Weight>& p, const float* a,
                         const Weight* b, float* c, const Ahead<Weight>& ahead) {
  if constexpr (R > 0) {
    if (rows == R) return block<R, kTransposed, kFetchA>(p, a, b, c, ahead);
    block_of<kTransposed, kFetchA, Weight, R - 1>(rows, p, a, b, c, ahead);
  }
}

template <bool kTransposed, class Weight>
void multiply_panels(const Product<Weight>& p) {
  if (p.rows == 0) return;
  const std::size_t blocks = (p.rows + kMaxRows - 1) / kMaxRows;
  const std::size_t least = p.rows / blocks;
  const std::size_t taller = p.rows % blocks;
  for (std::size_t panel = 0; panel < p.panels; ++panel) {
    const Weight* const b = p.b + panel * p.b_panel_stride;
    const Weight* const next = panel + 1 < p.panels ? b + p.b_panel_stride : p.next;
    float* c = p.c + panel * p.c_panel_stride;
    const float* a = p.a;
    for (std::size_t i = 0; i < blocks; ++i) {
      const std::size_t rows = least + (i < taller ? 1 : 0);
      const float* const following = a + rows * (kTransposed ? 1 : p.a_stride);
      Ahead<Weight> ahead = part_ahead(next, p.depth, i, blocks);
      if (!kTransposed && p.far_a && (panel == 0 || i + 1 == blocks)) {
        ahead.a = following;
        block_of<kTransposed, true>(rows, p, a, b, c, ahead);
      } else {
        block_of<kTransposed, false>(rows, p, a, b, c, ahead);
      }
      a = following;
      c += rows * p.c_stride;
    }
  }
}

void multiply_floats(const Product<float>& product) {
  product.a_transposed ? multiply_panels<true>(product) : multiply_panels<false>(product);
}
void multiply_halves(const Product<Half>& product) {
  multiply_panels<false>(product);
}

std::size_t width() {
  return kWidth;
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(multiply_floats);
HWY_EXPORT(multiply_halves);
HWY_EXPORT(width);

std::size_t panel_width() {
  return HWY_DYNAMIC_DISPATCH(width)();
}
void multiply(const Product<float>& product) {
  HWY_DYNAMIC_DISPATCH(multiply_floats)(product);
}
void multiply(const Product<Half>& product) {
  HWY_DYNAMIC_DISPATCH(multiply_halves)(product);
}

}  // namespace alexnet::cpu::simd
#endif
