// R rows of sums, two vectors each, that live in registers. Included by kernels after Highway, once
// for each target.
#if defined(ALEXNET_SIMD_GEMM_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ALEXNET_SIMD_GEMM_ROWS_INL_H
#undef ALEXNET_SIMD_GEMM_ROWS_INL_H
#else
#define ALEXNET_SIMD_GEMM_ROWS_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

/// A chain of members, not an array: compilers keep those in registers.
template <std::size_t R>
struct Rows {
  Vec left;
  Vec right;
  Rows<R - 1> rest;

  HWY_INLINE void clear() {
    left = hn::Zero(Floats());
    right = hn::Zero(Floats());
    rest.clear();
  }
  HWY_INLINE void load(const float* c, std::size_t stride) {
    left = hn::LoadU(Floats(), c);
    right = hn::LoadU(Floats(), c + kLanes);
    rest.load(c + stride, stride);
  }
  HWY_INLINE void add(const float* c, std::size_t stride) {
    left = hn::Add(left, hn::LoadU(Floats(), c));
    right = hn::Add(right, hn::LoadU(Floats(), c + kLanes));
    rest.add(c + stride, stride);
  }
  HWY_INLINE void store(float* c, std::size_t stride) const {
    hn::StoreU(left, Floats(), c);
    hn::StoreU(right, Floats(), c + kLanes);
    rest.store(c + stride, stride);
  }
  /// a: the block's column of A, `stride` from row to row.
  HWY_INLINE void add_product(const float* a, std::size_t stride, Vec b_left, Vec b_right) {
    const Vec factor = hn::Set(Floats(), *a);
    left = hn::MulAdd(factor, b_left, left);
    right = hn::MulAdd(factor, b_right, right);
    rest.add_product(a + stride, stride, b_left, b_right);
  }
};

template <>
struct Rows<0> {
  HWY_INLINE void clear() {}
  HWY_INLINE void load(const float*, std::size_t) {}
  HWY_INLINE void add(const float*, std::size_t) {}
  HWY_INLINE void store(float*, std::size_t) const {}
  HWY_INLINE void add_product(const float*, std::size_t, Vec, Vec) {}
};

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
