#pragma once

#include <cstdint>
#include <optional>

namespace alexnet {

/// Windows that slide along one axis: convolution's and pooling's.
struct AxisWindows {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t begin = 0;  ///< padding before the first element
  std::int64_t end = 0;    ///< padding after the last
  bool ceil_mode = false;  ///< a last window may hang over the edge, as long as it starts inside
};

/// Windows that fit on `extent` elements; 0 when none does.
std::int64_t count_windows(std::int64_t extent, const AxisWindows& windows);

/// The end padding with which exactly `count` windows fit when counts are rounded down: `begin`
/// where that does it, else the least.
std::int64_t end_padding(std::int64_t extent, const AxisWindows& windows, std::int64_t count);

/// Window of output `i` of an adaptive pool: [begin, end).
struct Window {
  std::int64_t begin;
  std::int64_t end;
  bool operator==(const Window&) const = default;
};
Window adaptive_window(std::int64_t i, std::int64_t in, std::int64_t out);

/// Whether `windows`, without padding, are those of an adaptive pool from `in` to `out`.
bool is_adaptive(const AxisWindows& windows, std::int64_t in, std::int64_t out);

/// The windows of an adaptive pool where they are alike, at a steady stride.
std::optional<AxisWindows> uniform_windows(std::int64_t in, std::int64_t out);

}  // namespace alexnet
