// A float's upper half is the nearest Bfloat16 below it in magnitude. Adding half of the lower
// half's range, less one where the upper half is even, carries into it where it has to be the next
// one; above the largest that gives infinity, as it should.
#include "engine/cpu/simd/halves.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/halves.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

using Bits = hn::RebindToSigned<Floats>;

/// The upper halves of rounded floats, in 32 bits each.
HWY_INLINE hn::Vec<Bits> upper_halves(Vec v) {
  const Bits d;
  const hn::RebindToUnsigned<Floats> u;
  const auto bits = hn::BitCast(u, v);
  const auto upper = hn::ShiftRight<16>(bits);
  const auto odd = hn::And(upper, hn::Set(u, 1));
  const auto nearest = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(u, 0x7FFF))));
  const auto quiet = hn::Or(upper, hn::Set(u, 0x40));  // a NaN stays one
  const auto is_nan = hn::RebindMask(u, hn::IsNaN(v));
  return hn::BitCast(d, hn::IfThenElse(is_nan, quiet, nearest));
}

void narrow_bfloats(const float* values, std::size_t count, Bfloat16* halves) {
  const hn::Rebind<std::uint16_t, Floats> shorts;
  alignas(64) std::uint16_t last[kLanes];
  auto* const out = reinterpret_cast<std::uint16_t*>(halves);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vec v = hn::LoadU(Floats(), values + i);
    hn::StoreU(hn::DemoteTo(shorts, upper_halves(v)), shorts, out + i);
  }
  if (i == count) return;
  hn::Store(hn::DemoteTo(shorts, upper_halves(load_up_to(values + i, count - i))), shorts, last);
  std::copy_n(last, count - i, out + i);
}

void round_floats(float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    const std::size_t lanes = std::min(kLanes, count - i);
    const auto upper = hn::ShiftLeft<16>(upper_halves(load_up_to(values + i, lanes)));
    store_up_to(hn::BitCast(Floats(), upper), values + i, lanes);
  }
}

void narrow_halves(const float* values, std::size_t count, float scale, Half* halves) {
  const Floats d;
  const hn::Rebind<hwy::float16_t, Floats> d16;
  alignas(64) hwy::float16_t last[kLanes];
  const auto factor = hn::Set(d, scale);
  auto* const out = reinterpret_cast<hwy::float16_t*>(halves);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    hn::StoreU(hn::DemoteTo(d16, hn::Mul(factor, hn::LoadU(d, values + i))), d16, out + i);
  }
  if (i == count) return;
  const Vec rest = load_up_to(values + i, count - i);
  hn::Store(hn::DemoteTo(d16, hn::Mul(factor, rest)), d16, last);
  for (std::size_t lane = 0; i + lane < count; ++lane) out[i + lane] = last[lane];
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(narrow_bfloats);
HWY_EXPORT(narrow_halves);
HWY_EXPORT(round_floats);

void narrow(const float* values, std::size_t count, float scale, Half* halves) {
  HWY_DYNAMIC_DISPATCH(narrow_halves)(values, count, scale, halves);
}
void narrow(const float* values, std::size_t count, Bfloat16* halves) {
  HWY_DYNAMIC_DISPATCH(narrow_bfloats)(values, count, halves);
}
void round_to_bfloat16(float* values, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(round_floats)(values, count);
}

}  // namespace alexnet::cpu::simd
#endif
