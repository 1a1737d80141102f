#include "engine/cpu/simd/limits.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/limits.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

constexpr std::size_t kLanes = hn::MaxLanes(Floats());
// More than two units with a latency of five keep busy, and they fit into 16 registers.
constexpr std::size_t kChains = 12;
constexpr std::size_t kReads = 8;

/// N sums in registers, each waiting only for itself.
template <std::size_t N>
struct Chains {
  Vec sum;
  Chains<N - 1> rest;

  HWY_INLINE void start(float value, float step) {
    sum = hn::Set(Floats(), value);
    rest.start(value + step, step);
  }
  HWY_INLINE void multiply_add(Vec factor, Vec term) {
    sum = hn::MulAdd(sum, factor, term);
    rest.multiply_add(factor, term);
  }
  HWY_INLINE void add(const float* values) {
    sum = hn::Add(sum, hn::Load(Floats(), values));
    rest.add(values + kLanes);
  }
  HWY_INLINE Vec total() const { return hn::Add(sum, rest.total()); }
};

template <>
struct Chains<0> {
  HWY_INLINE void start(float, float) {}
  HWY_INLINE void multiply_add(Vec, Vec) {}
  HWY_INLINE void add(const float*) {}
  HWY_INLINE Vec total() const { return hn::Zero(Floats()); }
};

double multiply_add_chains(std::size_t rounds, float& result) {
  Chains<kChains> chains;
  chains.start(result, 1.0F);  // all different, or they would be computed once
  const Vec factor = hn::Set(Floats(), 0.5F);
  const Vec term = hn::Set(Floats(), 1.0F);
  for (std::size_t i = 0; i < rounds; ++i) chains.multiply_add(factor, term);
  result += hn::GetLane(hn::SumOfLanes(Floats(), chains.total()));
  return static_cast<double>(rounds) * kChains * kLanes;
}

float read_floats(const float* values, std::size_t count) {
  Chains<kReads> chains;
  chains.start(0.0F, 0.0F);
  for (std::size_t i = 0; i < count; i += kReads * kLanes) chains.add(values + i);
  return hn::GetLane(hn::SumOfLanes(Floats(), chains.total()));
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(multiply_add_chains);
HWY_EXPORT(read_floats);

double multiply_add(std::size_t rounds, float& result) {
  return HWY_DYNAMIC_DISPATCH(multiply_add_chains)(rounds, result);
}
float read(const float* values, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(read_floats)(values, count);
}

}  // namespace alexnet::cpu::simd
#endif
