// Vectors of floats, whole, in part or from halves. Included by kernels after Highway, once for
// each target.
#if defined(ALEXNET_SIMD_PARTIAL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ALEXNET_SIMD_PARTIAL_INL_H
#undef ALEXNET_SIMD_PARTIAL_INL_H
#else
#define ALEXNET_SIMD_PARTIAL_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "engine/cpu/simd/halves.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;
constexpr std::size_t kLanes = hn::MaxLanes(Floats());

// Whether masks leave memory outside of them alone. NEON's stores read what is there and write it
// back, over what another thread has written since.
constexpr bool kHasMasks = HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128;

/// The first `count` lanes, at least one, or all; the others are zero. Reads no more.
HWY_INLINE Vec load_up_to(const float* from, std::size_t count) {
  const Floats d;
  if (count >= kLanes) return hn::LoadU(d, from);
  if constexpr (kHasMasks) return hn::MaskedLoad(hn::FirstN(d, count), d, from);
  alignas(64) float lanes[kLanes] = {};
  for (std::size_t i = 0; i < count; ++i) lanes[i] = from[i];
  return hn::Load(d, lanes);
}

HWY_INLINE Vec load_halves(const Half* from) {
  const hn::Rebind<hwy::float16_t, Floats> halves;
  return hn::PromoteTo(Floats(), hn::LoadU(halves, reinterpret_cast<const hwy::float16_t*>(from)));
}
HWY_INLINE Vec load_halves(const Bfloat16* from) {
  const hn::Rebind<std::uint16_t, Floats> halves;
  const hn::RebindToUnsigned<Floats> words;
  const auto upper = hn::LoadU(halves, reinterpret_cast<const std::uint16_t*>(from));
  return hn::BitCast(Floats(), hn::ShiftLeft<16>(hn::PromoteTo(words, upper)));
}

/// The first `count` lanes, at least one, or all. Writes no more.
HWY_INLINE void store_up_to(Vec v, float* to, std::size_t count) {
  const Floats d;
  if (count >= kLanes) return hn::StoreU(v, d, to);
  if constexpr (kHasMasks) return hn::BlendedStore(v, hn::FirstN(d, count), d, to);
  alignas(64) float lanes[kLanes];
  hn::Store(v, d, lanes);
  for (std::size_t i = 0; i < count; ++i) to[i] = lanes[i];
}

/// The larger of `least`, which is a number, and `v`; NaN stays NaN.
HWY_INLINE Vec at_least(Vec least, Vec v) {
#if HWY_ARCH_ARM  // whose maximum of NaN and a number is the number
  return hn::IfThenElse(hn::Lt(v, least), least, v);
#else
  return hn::Max(least, v);
#endif
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
