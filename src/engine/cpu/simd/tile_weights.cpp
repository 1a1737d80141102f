#include "engine/cpu/simd/tile_weights.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/tile_weights.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "engine/cpu/simd/dot.h"
#include "engine/cpu/simd/elementwise.h"
#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

using Ints = hn::RebindToSigned<Floats>;

HWY_INLINE void store_output(Vec value, const TileOutputs& outputs, std::size_t i, float* y) {
  const Vec zero = hn::Zero(Floats());
  if (outputs.relu) value = hn::IfThenElse(hn::Lt(value, zero), zero, value);  // NaN stays NaN
  store_up_to(value, y + i, outputs.count - i);
}

void finish_floats(const float* sums, const TileOutputs& outputs, float* y) {
  const Floats d;
  for (std::size_t i = 0; i < outputs.count; i += kLanes) {
    const Vec sum = hn::Load(d, sums + i);
    store_output(hn::Add(sum, hn::LoadU(d, outputs.bias + i)), outputs, i, y);
  }
}

void finish_integers(const std::int32_t* sums, const TileOutputs& outputs, const ByteRounding& x,
                     float* y) {
  const Floats d;
  const Ints ints;
  const auto zero = hn::Set(ints, x.zero);
  const Vec scale = hn::Set(d, x.scale);
  for (std::size_t i = 0; i < outputs.count; i += kLanes) {
    const auto of_zero = hn::Mul(zero, hn::LoadU(ints, outputs.sums + i));
    const Vec sum = hn::ConvertTo(d, hn::Sub(hn::Load(ints, sums + i), of_zero));
    const Vec factor = hn::Mul(scale, hn::LoadU(d, outputs.scales + i));
    store_output(hn::MulAdd(sum, factor, hn::LoadU(d, outputs.bias + i)), outputs, i, y);
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(finish_floats);
HWY_EXPORT(finish_integers);

void finish(const float* sums, const TileOutputs& outputs, const ByteRounding& /*x*/, float* y) {
  HWY_DYNAMIC_DISPATCH(finish_floats)(sums, outputs, y);
}
void finish(const std::int32_t* sums, const TileOutputs& outputs, const ByteRounding& x, float* y) {
  HWY_DYNAMIC_DISPATCH(finish_integers)(sums, outputs, x, y);
}

template <class Weight>
void TileWeights<Weight>::round(std::size_t output, const float* row, std::size_t count, float bias,
                                Weight* rounded) {
  float scale = 1.0F;
  if constexpr (std::is_same_v<Weight, Bfloat16>) {
    narrow(row, count, rounded);
  } else {
    scale = to_bytes(row, count, rounded);
  }
  describe(output, scale, bias, count, rounded);
}

template <class Weight>
void TileWeights<Weight>::describe(std::size_t output, float scale, float bias, std::size_t count,
                                   Weight* rounded) {
  bias_.data()[output] = bias;
  scales_.data()[output] = scale;
  std::fill(rounded + count, rounded + depth(), Weight{0});
  if constexpr (std::is_same_v<Weight, std::int8_t>) {
    sums_.data()[output] = std::accumulate(rounded, rounded + count, std::int32_t{0});
  }
}

// Groups of 4 bytes, as tile_place has them, turned over.
template <class Weight>
void TileWeights<Weight>::place(std::size_t first_output, const Weight* rounded) {
  const std::size_t groups = depth() * sizeof(Weight) / sizeof(float);
  transpose(reinterpret_cast<const float*>(rounded), kTileLines, groups, {0, groups},
            reinterpret_cast<float*>(weights_.data() + first_output * depth()));
}

template class TileWeights<Bfloat16>;
template class TileWeights<std::int8_t>;

}  // namespace alexnet::cpu::simd
#endif
