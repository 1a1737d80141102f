// Vectors of channels: a window is a walk over the pixels it covers, each a contiguous load.
// Forward takes an output pixel at a time, backward an input pixel, which gathers from the windows
// that contain it: everything is written once, in an order that does not depend on the threads.
#include "engine/cpu/simd/pool.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/pool.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <cstring>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

using Ints = hn::Rebind<std::int32_t, Floats>;
using Bytes = hn::Rebind<std::uint8_t, Floats>;
using IntVec = hn::Vec<Ints>;

/// One vector of channels: a whole one, or the last `count` of them.
template <bool kWhole>
struct Channels {
  HWY_INLINE explicit Channels(std::size_t channels) : count(kWhole ? kLanes : channels) {}

  HWY_INLINE Vec load(const float* from) const {
    if constexpr (kWhole) return hn::LoadU(Floats(), from);
    return load_up_to(from, count);
  }
  HWY_INLINE void store(Vec v, float* to) const {
    if constexpr (kWhole) return hn::StoreU(v, Floats(), to);
    store_up_to(v, to, count);
  }
  HWY_INLINE IntVec load(const std::uint8_t* from) const {
    if (kWhole || count >= kLanes) return hn::PromoteTo(Ints(), hn::LoadU(Bytes(), from));
    alignas(16) std::uint8_t bytes[kLanes] = {};
    std::memcpy(bytes, from, count);
    return hn::PromoteTo(Ints(), hn::Load(Bytes(), bytes));
  }
  HWY_INLINE void store(IntVec v, std::uint8_t* to) const {
    const auto narrow = hn::DemoteTo(Bytes(), v);
    if (kWhole || count >= kLanes) return hn::StoreU(narrow, Bytes(), to);
    alignas(16) std::uint8_t bytes[kLanes];
    hn::Store(narrow, Bytes(), bytes);
    std::memcpy(to, bytes, count);
  }

  std::size_t count;
};

/// What is computed for a vector of channels: `start`, then `take` for each element, then `store`.
/// The pointers are those of four vectors; this one is `shift` channels further.
template <bool kWhole>
struct Largest {
  HWY_INLINE Largest(std::size_t count, const float* first, std::size_t shift)
      : channels(count), best(channels.load(first + shift)) {}
  HWY_INLINE void take(const float* x, std::int32_t /*place*/, std::size_t shift) {
    best = hn::Max(best, channels.load(x + shift));
  }
  HWY_INLINE void store(float* y, std::uint8_t* /*places*/, std::size_t at,
                        std::size_t shift) const {
    channels.store(best, y + at + shift);
  }

  Channels<kWhole> channels;
  Vec best;
};

template <bool kWhole>
struct LargestAndPlace {
  HWY_INLINE LargestAndPlace(std::size_t count, const float* first, std::size_t shift)
      : channels(count), best(channels.load(first + shift)), place(hn::Zero(Ints())) {}
  HWY_INLINE void take(const float* x, std::int32_t here, std::size_t shift) {
    const Vec value = channels.load(x + shift);
    const auto larger = hn::Gt(value, best);
    best = hn::IfThenElse(larger, value, best);
    place = hn::IfThenElse(hn::RebindMask(Ints(), larger), hn::Set(Ints(), here), place);
  }
  HWY_INLINE void store(float* y, std::uint8_t* places, std::size_t at, std::size_t shift) const {
    channels.store(best, y + at + shift);
    channels.store(place, places + at + shift);
  }

  Channels<kWhole> channels;
  Vec best;
  IntVec place;
};

/// The sum of the dy whose place is this input's.
template <bool kWhole>
struct Gathered {
  HWY_INLINE Gathered(std::size_t count, std::size_t /*shift*/)
      : channels(count), sum(hn::Zero(Floats())) {}
  HWY_INLINE void take(const float* dy, const std::uint8_t* places, std::int32_t here,
                       std::size_t shift) {
    const auto chosen = hn::Eq(channels.load(places + shift), hn::Set(Ints(), here));
    const Vec value =
        hn::IfThenElseZero(hn::RebindMask(Floats(), chosen), channels.load(dy + shift));
    sum = hn::Add(sum, value);
  }
  HWY_INLINE void store(float* dx, std::size_t shift) const { channels.store(sum, dx + shift); }

  Channels<kWhole> channels;
  Vec sum;
};

/// Four whole vectors at once: walking over a window costs as much as the maxima of one.
constexpr std::size_t kFour = 4 * kLanes;

template <template <bool> class One>
struct Four {
  template <class... Pointers>
  HWY_INLINE explicit Four(std::size_t count, Pointers... pointers)
      : v0(count, pointers..., 0),
        v1(count, pointers..., kLanes),
        v2(count, pointers..., 2 * kLanes),
        v3(count, pointers..., 3 * kLanes) {}
  template <class... Arguments>
  HWY_INLINE void take(Arguments... arguments) {
    v0.take(arguments..., 0);
    v1.take(arguments..., kLanes);
    v2.take(arguments..., 2 * kLanes);
    v3.take(arguments..., 3 * kLanes);
  }
  template <class... Arguments>
  HWY_INLINE void store(Arguments... arguments) const {
    v0.store(arguments..., 0);
    v1.store(arguments..., kLanes);
    v2.store(arguments..., 2 * kLanes);
    v3.store(arguments..., 3 * kLanes);
  }

  One<true> v0;
  One<true> v1;
  One<true> v2;
  One<true> v3;
};

/// One vector, in whose calls the shift is 0.
template <template <bool> class Some>
struct One {
  template <class... Pointers>
  HWY_INLINE explicit One(std::size_t count, Pointers... pointers) : v(count, pointers..., 0) {}
  template <class... Arguments>
  HWY_INLINE void take(Arguments... arguments) {
    v.take(arguments..., 0);
  }
  template <class... Arguments>
  HWY_INLINE void store(Arguments... arguments) const {
    v.store(arguments..., 0);
  }

  Some<false> v;
};

/// A window in its map.
struct Window {
  const float* corner;
  std::size_t height;
  std::size_t width;
  std::size_t row_stride;
};

/// The channels of one output from `c` on, of which the first lies at `out`.
template <class Vectors>
HWY_INLINE void pool_window(const Pool& pool, const Window& window, std::size_t c, float* y,
                            std::uint8_t* places, std::size_t out) {
  const float* row = window.corner + c;
  Vectors vectors(pool.channels - c, row);
  for (std::size_t i = 0; i < window.height; ++i, row += window.row_stride) {
    const float* pixel = row;
    auto place = static_cast<std::int32_t>(i * pool.kernel);
    for (std::size_t j = 0; j < window.width; ++j, ++place, pixel += pool.channels) {
      vectors.take(pixel, place);
    }
  }
  vectors.store(y, places, out + c);
}

template <template <bool> class Result>
HWY_INLINE void pool_rows(const Pool& pool, parallel::Range rows, const float* x, float* y,
                          std::uint8_t* places) {
  const std::size_t row_stride = pool.in_width * pool.channels;
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const std::size_t top = row % pool.out_height * pool.stride;
    const float* const line = x + (row / pool.out_height * pool.in_height + top) * row_stride;
    for (std::size_t column = 0; column < pool.out_width; ++column) {
      const std::size_t left = column * pool.stride;
      const std::size_t out = (row * pool.out_width + column) * pool.channels;
      const Window window{line + left * pool.channels, HWY_MIN(pool.kernel, pool.in_height - top),
                          HWY_MIN(pool.kernel, pool.in_width - left), row_stride};
      std::size_t c = 0;
      for (; c + kFour <= pool.channels; c += kFour) {
        pool_window<Four<Result>>(pool, window, c, y, places, out);
      }
      for (; c < pool.channels; c += kLanes) {
        pool_window<One<Result>>(pool, window, c, y, places, out);
      }
    }
  }
}

void pool_only(const Pool& pool, parallel::Range rows, const float* x, float* y) {
  pool_rows<Largest>(pool, rows, x, y, nullptr);
}

void pool_with_places(const Pool& pool, parallel::Range rows, const float* x, float* y,
                      std::uint8_t* places) {
  pool_rows<LargestAndPlace>(pool, rows, x, y, places);
}

/// The windows along one axis, `count` in all, that contain `position`.
HWY_INLINE parallel::Range windows_with(const Pool& pool, std::size_t position, std::size_t count) {
  const std::size_t begin = position < pool.kernel ? 0 : (position - pool.kernel) / pool.stride + 1;
  const std::size_t end = HWY_MIN(count, position / pool.stride + 1);
  return {HWY_MIN(begin, end), end};
}

/// An input pixel, and the windows that contain it.
struct Pixel {
  std::size_t y;
  std::size_t x;
  parallel::Range window_rows;
  parallel::Range window_columns;
};

template <class Vectors>
HWY_INLINE void gather(const Pool& pool, const Pixel& pixel, std::size_t c, const float* dy,
                       const std::uint8_t* places, float* dx) {
  Vectors vectors(pool.channels - c);
  for (std::size_t i = pixel.window_rows.begin; i < pixel.window_rows.end; ++i) {
    const std::size_t place_row = (pixel.y - i * pool.stride) * pool.kernel;
    for (std::size_t j = pixel.window_columns.begin; j < pixel.window_columns.end; ++j) {
      const std::size_t out = (i * pool.out_width + j) * pool.channels + c;
      const auto here = static_cast<std::int32_t>(place_row + pixel.x - j * pool.stride);
      vectors.take(dy + out, places + out, here);
    }
  }
  vectors.store(dx + c);
}

void gradient_rows(const Pool& pool, parallel::Range rows, const float* dy,
                   const std::uint8_t* places, float* dx) {
  const std::size_t out_size = pool.out_height * pool.out_width * pool.channels;
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const std::size_t image = row / pool.in_height * out_size;
    const std::size_t y = row % pool.in_height;
    const parallel::Range window_rows = windows_with(pool, y, pool.out_height);
    for (std::size_t x = 0; x < pool.in_width; ++x) {
      const Pixel pixel{y, x, window_rows, windows_with(pool, x, pool.out_width)};
      float* const target = dx + (row * pool.in_width + x) * pool.channels;
      std::size_t c = 0;
      for (; c + kFour <= pool.channels; c += kFour) {
        gather<Four<Gathered>>(pool, pixel, c, dy + image, places + image, target);
      }
      for (; c < pool.channels; c += kLanes) {
        gather<One<Gathered>>(pool, pixel, c, dy + image, places + image, target);
      }
    }
  }
}

void sum_of_taps(const float* x, std::size_t width, std::size_t channels, const Taps& rows,
                 const Taps& columns, float* y) {
  const float* const corner = x + (rows.begin * width + columns.begin) * channels;
  for (std::size_t c = 0; c < channels; c += kLanes) {
    const std::size_t count = channels - c;
    Vec sum = hn::Zero(Floats());
    for (std::size_t i = 0; i < rows.count; ++i) {
      const float* const row = corner + i * width * channels + c;
      for (std::size_t j = 0; j < columns.count; ++j) {
        const Vec weight = hn::Set(Floats(), rows.weights[i] * columns.weights[j]);
        sum = hn::MulAdd(weight, load_up_to(row + j * channels, count), sum);
      }
    }
    store_up_to(sum, y + c, count);
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(pool_only);
HWY_EXPORT(pool_with_places);
HWY_EXPORT(gradient_rows);
HWY_EXPORT(sum_of_taps);

void max_pool(const Pool& pool, parallel::Range output_rows, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(pool_only)(pool, output_rows, x, y);
}

void max_pool(const Pool& pool, parallel::Range output_rows, const float* x, float* y,
              std::uint8_t* places) {
  HWY_DYNAMIC_DISPATCH(pool_with_places)(pool, output_rows, x, y, places);
}

void max_pool_gradient(const Pool& pool, parallel::Range input_rows, const float* dy,
                       const std::uint8_t* places, float* dx) {
  HWY_DYNAMIC_DISPATCH(gradient_rows)(pool, input_rows, dy, places, dx);
}

void weighted_sum(const float* x, std::size_t width, std::size_t channels, const Taps& rows,
                  const Taps& columns, float* y) {
  HWY_DYNAMIC_DISPATCH(sum_of_taps)(x, width, channels, rows, columns, y);
}

}  // namespace alexnet::cpu::simd
#endif
