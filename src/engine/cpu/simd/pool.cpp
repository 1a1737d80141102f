// Vectors of channels: a window is a walk over the pixels it covers, each a contiguous load.
// Forward takes an output pixel at a time, backward an input pixel, which gathers from the windows
// that contain it: everything is written once, in an order that does not depend on the threads.
#include "engine/cpu/simd/pool.h"

#include "engine/cpu/simd/targets_config.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/pool.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

using Ints = hn::Rebind<std::int32_t, Floats>;
using Bytes = hn::Rebind<std::uint8_t, Floats>;
using IntVec = hn::Vec<Ints>;

HWY_INLINE IntVec load_bytes_up_to(const std::uint8_t* from, std::size_t count) {
  if (count >= kLanes) return hn::PromoteTo(Ints(), hn::LoadU(Bytes(), from));
  alignas(16) std::uint8_t bytes[kLanes] = {};
  for (std::size_t i = 0; i < count; ++i) bytes[i] = from[i];
  return hn::PromoteTo(Ints(), hn::Load(Bytes(), bytes));
}

HWY_INLINE void store_bytes_up_to(IntVec v, std::uint8_t* to, std::size_t count) {
  const auto narrow = hn::DemoteTo(Bytes(), v);
  if (count >= kLanes) return hn::StoreU(narrow, Bytes(), to);
  alignas(16) std::uint8_t bytes[kLanes];
  hn::Store(narrow, Bytes(), bytes);
  for (std::size_t i = 0; i < count; ++i) to[i] = bytes[i];
}

/// A window in its map.
struct Window {
  const float* corner;
  std::size_t height;
  std::size_t width;
  std::size_t row_stride;
};

HWY_INLINE void largest(const Pool& pool, const Window& window, float* y) {
  for (std::size_t c = 0; c < pool.channels; c += kLanes) {
    const std::size_t count = pool.channels - c;
    const float* row = window.corner + c;
    Vec best = load_up_to(row, count);
    for (std::size_t i = 0; i < window.height; ++i, row += window.row_stride) {
      const float* pixel = row;
      for (std::size_t j = 0; j < window.width; ++j, pixel += pool.channels) {
        best = hn::Max(best, load_up_to(pixel, count));
      }
    }
    store_up_to(best, y + c, count);
  }
}

HWY_INLINE void largest_and_place(const Pool& pool, const Window& window, float* y,
                                  std::uint8_t* places) {
  for (std::size_t c = 0; c < pool.channels; c += kLanes) {
    const std::size_t count = pool.channels - c;
    const float* row = window.corner + c;
    Vec best = load_up_to(row, count);
    IntVec place = hn::Zero(Ints());
    for (std::size_t i = 0; i < window.height; ++i, row += window.row_stride) {
      const float* pixel = row;
      for (std::size_t j = 0; j < window.width; ++j, pixel += pool.channels) {
        const Vec value = load_up_to(pixel, count);
        const auto larger = hn::Gt(value, best);
        const IntVec here = hn::Set(Ints(), static_cast<std::int32_t>(i * pool.kernel + j));
        best = hn::IfThenElse(larger, value, best);
        place = hn::IfThenElse(hn::RebindMask(Ints(), larger), here, place);
      }
    }
    store_up_to(best, y + c, count);
    store_bytes_up_to(place, places + c, count);
  }
}

template <bool kPlaces>
HWY_INLINE void pool_rows(const Pool& pool, Range rows, const float* x, float* y,
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
      if constexpr (kPlaces) {
        largest_and_place(pool, window, y + out, places + out);
      } else {
        largest(pool, window, y + out);
      }
    }
  }
}

void pool_only(const Pool& pool, Range rows, const float* x, float* y) {
  pool_rows<false>(pool, rows, x, y, nullptr);
}

void pool_with_places(const Pool& pool, Range rows, const float* x, float* y,
                      std::uint8_t* places) {
  pool_rows<true>(pool, rows, x, y, places);
}

/// The windows along one axis, `count` in all, that contain `position`.
HWY_INLINE Range windows_with(const Pool& pool, std::size_t position, std::size_t count) {
  const std::size_t begin = position < pool.kernel ? 0 : (position - pool.kernel) / pool.stride + 1;
  const std::size_t end = HWY_MIN(count, position / pool.stride + 1);
  return {HWY_MIN(begin, end), end};
}

/// dy and places: of the pixel's image.
HWY_INLINE void gather(const Pool& pool, std::size_t in_y, std::size_t in_x, const float* dy,
                       const std::uint8_t* places, float* dx) {
  const Range window_rows = windows_with(pool, in_y, pool.out_height);
  const Range window_columns = windows_with(pool, in_x, pool.out_width);
  for (std::size_t c = 0; c < pool.channels; c += kLanes) {
    const std::size_t count = pool.channels - c;
    Vec sum = hn::Zero(Floats());
    for (std::size_t i = window_rows.begin; i < window_rows.end; ++i) {
      const std::size_t place_row = (in_y - i * pool.stride) * pool.kernel;
      for (std::size_t j = window_columns.begin; j < window_columns.end; ++j) {
        const std::size_t out = (i * pool.out_width + j) * pool.channels + c;
        const auto here = static_cast<std::int32_t>(place_row + in_x - j * pool.stride);
        const auto chosen = hn::Eq(load_bytes_up_to(places + out, count), hn::Set(Ints(), here));
        const Vec value = load_up_to(dy + out, count);
        sum = hn::Add(sum, hn::IfThenElseZero(hn::RebindMask(Floats(), chosen), value));
      }
    }
    store_up_to(sum, dx + c, count);
  }
}

void gradient_rows(const Pool& pool, Range rows, const float* dy, const std::uint8_t* places,
                   float* dx) {
  const std::size_t out_size = pool.out_height * pool.out_width * pool.channels;
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const std::size_t image = row / pool.in_height * out_size;
    for (std::size_t column = 0; column < pool.in_width; ++column) {
      gather(pool, row % pool.in_height, column, dy + image, places + image,
             dx + (row * pool.in_width + column) * pool.channels);
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

void max_pool(const Pool& pool, Range output_rows, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(pool_only)(pool, output_rows, x, y);
}

void max_pool(const Pool& pool, Range output_rows, const float* x, float* y, std::uint8_t* places) {
  HWY_DYNAMIC_DISPATCH(pool_with_places)(pool, output_rows, x, y, places);
}

void max_pool_gradient(const Pool& pool, Range input_rows, const float* dy,
                       const std::uint8_t* places, float* dx) {
  HWY_DYNAMIC_DISPATCH(gradient_rows)(pool, input_rows, dy, places, dx);
}

void weighted_sum(const float* x, std::size_t width, std::size_t channels, const Taps& rows,
                  const Taps& columns, float* y) {
  HWY_DYNAMIC_DISPATCH(sum_of_taps)(x, width, channels, rows, columns, y);
}

}  // namespace alexnet::cpu::simd
#endif
