#include "engine/cpu/simd/softmax.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/softmax.cpp"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cmath>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

/// v in the first `count` lanes, `other` in the rest.
HWY_INLINE Vec first_or(Vec v, std::size_t count, Vec other) {
  if (count >= kLanes) return v;
  return hn::IfThenElse(hn::FirstN(Floats(), count), v, other);
}

HWY_INLINE float largest(const float* x, std::size_t count) {
  const Floats d;
  const Vec lowest = hn::Set(d, hwy::LowestValue<float>());
  Vec best = lowest;
  for (std::size_t c = 0; c < count; c += kLanes) {
    best = hn::Max(best, first_or(load_up_to(x + c, count - c), count - c, lowest));
  }
  return hn::GetLane(hn::MaxOfLanes(d, best));
}

/// The sum of exp(x − shift).
HWY_INLINE float sum_of_powers(const float* x, std::size_t count, float shift) {
  const Floats d;
  const Vec by = hn::Set(d, shift);
  Vec sum = hn::Zero(d);
  for (std::size_t c = 0; c < count; c += kLanes) {
    const Vec power = hn::Exp(d, hn::Sub(load_up_to(x + c, count - c), by));
    sum = hn::Add(sum, first_or(power, count - c, hn::Zero(d)));
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

void log_softmax_rows(const float* x, std::size_t rows, std::size_t classes, float* y) {
  const Floats d;
  for (std::size_t row = 0; row < rows; ++row, x += classes, y += classes) {
    const float shift = largest(x, classes);
    const Vec by = hn::Set(d, shift);
    const Vec log_sum = hn::Set(d, std::log(sum_of_powers(x, classes, shift)));
    for (std::size_t c = 0; c < classes; c += kLanes) {
      const Vec v = hn::Sub(hn::Sub(load_up_to(x + c, classes - c), by), log_sum);
      store_up_to(v, y + c, classes - c);
    }
  }
}

RowSummary gradient_row(const float* log_p, std::size_t classes, float scale, float target,
                        float* gradient) {
  const Floats d;
  const Vec lowest = hn::Set(d, hwy::LowestValue<float>());
  const Vec factor = hn::Set(d, scale);
  const Vec everywhere = hn::Set(d, target);
  Vec best = lowest;
  Vec sum = hn::Zero(d);
  for (std::size_t c = 0; c < classes; c += kLanes) {
    const std::size_t count = classes - c;
    const Vec v = load_up_to(log_p + c, count);  // zeros past the end
    best = hn::Max(best, first_or(v, count, lowest));
    sum = hn::Add(sum, v);
    store_up_to(hn::Mul(factor, hn::Sub(hn::Exp(d, v), everywhere)), gradient + c, count);
  }
  return {hn::GetLane(hn::MaxOfLanes(d, best)), hn::GetLane(hn::SumOfLanes(d, sum))};
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(log_softmax_rows);
HWY_EXPORT(gradient_row);

void log_softmax(const float* x, std::size_t rows, std::size_t classes, float* y) {
  HWY_DYNAMIC_DISPATCH(log_softmax_rows)(x, rows, classes, y);
}

RowSummary softmax_gradient(const float* log_p, std::size_t classes, float scale, float target,
                            float* gradient) {
  return HWY_DYNAMIC_DISPATCH(gradient_row)(log_p, classes, scale, target, gradient);
}

}  // namespace alexnet::cpu::simd
#endif
