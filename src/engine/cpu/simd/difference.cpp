#include "engine/cpu/simd/difference.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/difference.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

HWY_INLINE float length_of(const float* x, std::size_t channels, const LengthGuard& guard) {
  const Floats d;
  Vec sum = hn::Zero(d);
  for (std::size_t c = 0; c < channels; c += kLanes) {
    const Vec v = load_up_to(x + c, channels - c);
    sum = hn::MulAdd(v, v, sum);
  }
  return guard.length(hn::GetLane(hn::SumOfLanes(d, sum)));
}

// Quotients, as g++ fuses one of two products with their difference: equal pictures would not be 0
// apart.
void unit_difference(std::size_t pixels, std::size_t channels, const float* a, const float* b,
                     const float* weights, const LengthGuard& guard, float* y) {
  const Floats d;
  for (std::size_t i = 0; i < pixels; ++i, a += channels, b += channels) {
    const Vec of_a = hn::Set(d, length_of(a, channels, guard));
    const Vec of_b = hn::Set(d, length_of(b, channels, guard));
    Vec sum = hn::Zero(d);
    for (std::size_t c = 0; c < channels; c += kLanes) {
      const Vec unit_a = hn::Div(load_up_to(a + c, channels - c), of_a);
      const Vec unit_b = hn::Div(load_up_to(b + c, channels - c), of_b);
      const Vec apart = hn::Sub(unit_a, unit_b);
      sum = hn::MulAdd(hn::Mul(apart, apart), load_up_to(weights + c, channels - c), sum);
    }
    y[i] = hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(unit_difference);

void unit_difference(std::size_t pixels, std::size_t channels, const float* a, const float* b,
                     const float* weights, const LengthGuard& guard, float* y) {
  HWY_DYNAMIC_DISPATCH(unit_difference)(pixels, channels, a, b, weights, guard, y);
}

}  // namespace alexnet::cpu::simd
#endif
