#include "engine/cpu/simd/elementwise.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/elementwise.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "engine/cpu/simd/partial-inl.h"
#include "engine/cpu/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

void relu_all(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    const Vec v = load_up_to(x + i, count - i);
    store_up_to(at_least(hn::Zero(Floats()), v), y + i, count - i);
  }
}

/// dy where y > 0, else 0.
HWY_INLINE Vec masked(const float* dy, const float* y, std::size_t count) {
  const auto positive = hn::Gt(load_up_to(y, count), hn::Zero(Floats()));
  return hn::IfThenElseZero(positive, load_up_to(dy, count));
}

void mask_all(float* dy, const float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    store_up_to(masked(dy + i, y + i, count - i), dy + i, count - i);
  }
}

// Sums over a block of pixels and a piece of channels stay in any first-level cache; few pixels, so
// that a float holds them well. Constants, since the pixels decide the order of summation.
constexpr std::size_t kBlockPixels = 256;
constexpr std::size_t kPieceChannels = 512;

template <bool kMask>
HWY_INLINE void sum_block(float* dy, const float* y, std::size_t pixels, std::size_t stride,
                          std::size_t channels, float* sums) {
  const Floats d;
  alignas(64) float block[kPieceChannels] = {};
  for (std::size_t i = 0; i < pixels; ++i, dy += stride) {
    for (std::size_t c = 0; c < channels; c += kLanes) {
      Vec value;
      if constexpr (kMask) {
        value = masked(dy + c, y + c, channels - c);
        store_up_to(value, dy + c, channels - c);
      } else {
        value = load_up_to(dy + c, channels - c);
      }
      hn::Store(hn::Add(hn::Load(d, block + c), value), d, block + c);
    }
    if constexpr (kMask) y += stride;
  }
  for (std::size_t c = 0; c < channels; ++c) sums[c] += block[c];
}

void mask_and_sum_all(float* dy, const float* y, std::size_t pixels, std::size_t channels,
                      float* sums) {
  for (std::size_t i = 0; i < pixels; i += kBlockPixels) {
    const std::size_t some = HWY_MIN(kBlockPixels, pixels - i);
    for (std::size_t c = 0; c < channels; c += kPieceChannels) {
      const std::size_t piece = HWY_MIN(kPieceChannels, channels - c);
      const std::size_t offset = i * channels + c;
      if (y != nullptr) {
        sum_block<true>(dy + offset, y + offset, some, channels, piece, sums + c);
      } else {
        sum_block<false>(dy + offset, nullptr, some, channels, piece, sums + c);
      }
    }
  }
}

void keep_and_scale_all(float* values, const std::uint8_t* kept, float scale, std::size_t count) {
  const Floats d;
  const hn::Rebind<std::int32_t, Floats> ints;
  const hn::Rebind<std::uint8_t, Floats> bytes;
  const Vec factor = hn::Set(d, scale);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto drop = hn::Eq(hn::PromoteTo(ints, hn::LoadU(bytes, kept + i)), hn::Zero(ints));
    const Vec scaled = hn::Mul(factor, hn::LoadU(d, values + i));
    hn::StoreU(hn::IfThenZeroElse(hn::RebindMask(d, drop), scaled), d, values + i);
  }
  for (; i < count; ++i) values[i] = kept[i] != 0 ? scale * values[i] : 0.0F;
}

void transpose_all(const float* from, std::size_t rows, std::size_t columns,
                   parallel::Range to_rows, float* to) {
  constexpr std::size_t kStrip = 16;  // at most a cache line's columns, so that each is read once
  for (std::size_t row = to_rows.begin; row < to_rows.end;) {
    const std::size_t image = row / columns;
    const std::size_t column = row % columns;
    const std::size_t end = HWY_MIN(to_rows.end - row, columns - column);
    const std::size_t width = HWY_MIN(kStrip, end);
    transpose_block(from + image * rows * columns + column, columns, rows, width, to + row * rows,
                    rows);
    row += width;
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(relu_all);
HWY_EXPORT(mask_all);
HWY_EXPORT(mask_and_sum_all);
HWY_EXPORT(keep_and_scale_all);
HWY_EXPORT(transpose_all);

void relu(const float* x, float* y, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(relu_all)(x, y, count);
}

void mask(float* dy, const float* y, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(mask_all)(dy, y, count);
}

void mask_and_sum(float* dy, const float* y, std::size_t pixels, std::size_t channels,
                  float* sums) {
  HWY_DYNAMIC_DISPATCH(mask_and_sum_all)(dy, y, pixels, channels, sums);
}

void keep_and_scale(float* values, const std::uint8_t* kept, float scale, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(keep_and_scale_all)(values, kept, scale, count);
}

void transpose(const float* from, std::size_t rows, std::size_t columns, parallel::Range to_rows,
               float* to) {
  HWY_DYNAMIC_DISPATCH(transpose_all)(from, rows, columns, to_rows, to);
}

}  // namespace alexnet::cpu::simd
#endif
