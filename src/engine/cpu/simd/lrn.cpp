// A few pixels at a time: their squares go into scratch rows with zeros on both sides, so that the
// window sums are shifted loads without bounds. Several pixels, because a load that straddles two
// stores has to wait until both have reached the cache.
//
//   row:  [ margin: zeros | squares of the channels, zeros up to a whole vector | margin: zeros ]
#include "engine/cpu/simd/lrn.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/lrn.cpp"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <algorithm>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/simd/partial-inl.h"

#ifndef ALEXNET_SIMD_LRN_ROWS
#define ALEXNET_SIMD_LRN_ROWS
namespace alexnet::cpu::simd {

constexpr std::size_t kWidest = 16;  // floats of the longest vector
constexpr std::size_t kPixels = 8;   // at a time

/// Where things are in the scratch rows.
struct Rows {
  Rows(const Lrn& lrn, std::size_t channels)
      : margin(round_up(lrn.reach, kWidest)), stride(2 * margin + round_up(channels, kWidest)) {}
  std::size_t size() const { return kPixels * stride; }

  std::size_t margin;
  std::size_t stride;
};

}  // namespace alexnet::cpu::simd
#endif

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

/// s^−3/4. With t ≈ s^−1/2 and u ≈ t^−1/2 from the processor's approximations (11 bits or more),
/// p = t² u is close; d = 1 − s³ p⁴ tells how close, and p (1 − d)^−1/4 = p (1 + d/4 + 5 d²/32 …).
struct ThreeQuarters {
  HWY_INLINE explicit ThreeQuarters(float /*beta*/) {}
  HWY_INLINE Vec operator()(Vec s) const {
    const Floats d;
    const Vec t = hn::ApproximateReciprocalSqrt(s);
    const Vec p = hn::Mul(hn::Mul(t, t), hn::ApproximateReciprocalSqrt(t));
    const Vec sp = hn::Mul(s, p);  // near s^1/4: no power of s overflows
    const Vec rest = hn::NegMulAdd(hn::Mul(sp, sp), hn::Mul(sp, p), hn::Set(d, 1.0F));
    const Vec series = hn::MulAdd(rest, hn::Set(d, 5.0F / 32.0F), hn::Set(d, 0.25F));
    return hn::MulAdd(hn::Mul(p, rest), series, p);
  }
};

struct AnyPower {
  HWY_INLINE explicit AnyPower(float beta) : exponent(hn::Set(Floats(), -beta)) {}
  HWY_INLINE Vec operator()(Vec s) const {
    return hn::Exp(Floats(), hn::Mul(exponent, hn::Log(Floats(), s)));
  }
  Vec exponent;
};

/// Windows of 2 · reach + 1 channels.
struct WindowOfFive {
  HWY_INLINE explicit WindowOfFive(std::size_t /*reach*/) {}
  HWY_INLINE Vec sum(const float* row) const {
    const Floats d;
    const Vec outer = hn::Add(hn::LoadU(d, row - 2), hn::LoadU(d, row + 2));
    const Vec inner = hn::Add(hn::LoadU(d, row - 1), hn::LoadU(d, row + 1));
    return hn::Add(hn::LoadU(d, row), hn::Add(inner, outer));
  }
};

struct AnyWindow {
  HWY_INLINE explicit AnyWindow(std::size_t window_reach) : reach(window_reach) {}
  HWY_INLINE Vec sum(const float* row) const {
    const Floats d;
    Vec total = hn::LoadU(d, row);
    for (std::size_t j = 1; j <= reach; ++j) {
      total = hn::Add(total, hn::Add(hn::LoadU(d, row - j), hn::LoadU(d, row + j)));
    }
    return total;
  }
  std::size_t reach;
};

HWY_INLINE void clear(const Rows& rows, float* scratch) {
  std::fill_n(scratch, rows.size(), 0.0F);
}

HWY_INLINE void square(const Rows& rows, std::size_t pixels, std::size_t channels, const float* x,
                       float* scratch) {
  for (std::size_t i = 0; i < pixels; ++i, x += channels) {
    float* const row = scratch + i * rows.stride + rows.margin;
    for (std::size_t c = 0; c < channels; c += kLanes) {
      const Vec v = load_up_to(x + c, channels - c);
      hn::StoreU(hn::Mul(v, v), Floats(), row + c);
    }
  }
}

template <class Window, class Power>
void forward(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x, float* y,
             float* scratch) {
  const Floats d;
  const Rows rows(lrn, channels);
  const Window window(lrn.reach);
  const Power power(lrn.beta);
  const Vec k = hn::Set(d, lrn.k);
  const Vec alpha = hn::Set(d, lrn.alpha);
  clear(rows, scratch);
  for (std::size_t done = 0; done < pixels; done += kPixels) {
    const std::size_t some = HWY_MIN(kPixels, pixels - done);
    square(rows, some, channels, x, scratch);
    for (std::size_t i = 0; i < some; ++i, x += channels, y += channels) {
      const float* const row = scratch + i * rows.stride + rows.margin;
      for (std::size_t c = 0; c < channels; c += kLanes) {
        const Vec s = hn::MulAdd(alpha, window.sum(row + c), k);
        const Vec v = load_up_to(x + c, channels - c);
        store_up_to(hn::Mul(v, power(s)), y + c, channels - c);
      }
    }
  }
}

/// dx = dy s^−beta, and the ratios dy x s^(−beta − 1) to their scratch rows.
template <class Window, class Power>
HWY_INLINE void first_term(const Lrn& lrn, std::size_t channels, const float* x, const float* dy,
                           const float* squares, float* dx, float* ratios) {
  const Floats d;
  const Window window(lrn.reach);
  const Power power(lrn.beta);
  const Vec k = hn::Set(d, lrn.k);
  const Vec alpha = hn::Set(d, lrn.alpha);
  for (std::size_t c = 0; c < channels; c += kLanes) {
    const Vec s = hn::MulAdd(alpha, window.sum(squares + c), k);
    const Vec scaled = hn::Mul(load_up_to(dy + c, channels - c), power(s));
    store_up_to(scaled, dx + c, channels - c);
    // Lanes past the channels may hold 0 / 0 here, which the windows must not see.
    const Vec ratio = hn::Div(hn::Mul(scaled, load_up_to(x + c, channels - c)), s);
    store_up_to(ratio, ratios + c, channels - c);
  }
}

template <class Window>
HWY_INLINE void second_term(const Lrn& lrn, std::size_t channels, const float* x,
                            const float* ratios, float* dx) {
  const Floats d;
  const Window window(lrn.reach);
  const Vec factor = hn::Set(d, 2.0F * lrn.alpha * lrn.beta);
  for (std::size_t c = 0; c < channels; c += kLanes) {
    const Vec scaled = hn::Mul(factor, load_up_to(x + c, channels - c));
    const Vec first = load_up_to(dx + c, channels - c);
    store_up_to(hn::NegMulAdd(scaled, window.sum(ratios + c), first), dx + c, channels - c);
  }
}

template <class Window, class Power>
void gradient(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x,
              const float* dy, float* dx, float* scratch) {
  const Rows rows(lrn, channels);
  float* const ratios = scratch + rows.size();
  clear(rows, scratch);
  clear(rows, ratios);
  for (std::size_t done = 0; done < pixels; done += kPixels) {
    const std::size_t some = HWY_MIN(kPixels, pixels - done);
    square(rows, some, channels, x, scratch);
    for (std::size_t i = 0; i < some; ++i) {
      const std::size_t row = i * rows.stride + rows.margin;
      first_term<Window, Power>(lrn, channels, x + i * channels, dy + i * channels, scratch + row,
                                dx + i * channels, ratios + row);
    }
    for (std::size_t i = 0; i < some; ++i) {
      second_term<Window>(lrn, channels, x + i * channels, ratios + i * rows.stride + rows.margin,
                          dx + i * channels);
    }
    x += some * channels;
    dy += some * channels;
    dx += some * channels;
  }
}

template <class Window>
void forward_with(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x,
                  float* y, float* scratch) {
  const auto run = lrn.beta == 0.75F ? forward<Window, ThreeQuarters> : forward<Window, AnyPower>;
  run(lrn, pixels, channels, x, y, scratch);
}

template <class Window>
void gradient_with(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x,
                   const float* dy, float* dx, float* scratch) {
  const auto run = lrn.beta == 0.75F ? gradient<Window, ThreeQuarters> : gradient<Window, AnyPower>;
  run(lrn, pixels, channels, x, dy, dx, scratch);
}

void forward_any(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x, float* y,
                 float* scratch) {
  const auto run = lrn.reach == 2 ? forward_with<WindowOfFive> : forward_with<AnyWindow>;
  run(lrn, pixels, channels, x, y, scratch);
}

void gradient_any(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x,
                  const float* dy, float* dx, float* scratch) {
  const auto run = lrn.reach == 2 ? gradient_with<WindowOfFive> : gradient_with<AnyWindow>;
  run(lrn, pixels, channels, x, dy, dx, scratch);
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(forward_any);
HWY_EXPORT(gradient_any);

std::size_t lrn_scratch(const Lrn& lrn, std::size_t channels) {
  return 2 * Rows(lrn, channels).size();
}

void lrn_forward(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x, float* y,
                 float* scratch) {
  HWY_DYNAMIC_DISPATCH(forward_any)(lrn, pixels, channels, x, y, scratch);
}

void lrn_gradient(const Lrn& lrn, std::size_t pixels, std::size_t channels, const float* x,
                  const float* dy, float* dx, float* scratch) {
  HWY_DYNAMIC_DISPATCH(gradient_any)(lrn, pixels, channels, x, dy, dx, scratch);
}

}  // namespace alexnet::cpu::simd
#endif
