#include "formats/common/pool_windows.h"

#include <algorithm>

namespace alexnet {

std::int64_t count_windows(std::int64_t extent, const AxisWindows& windows) {
  const std::int64_t stride = windows.stride;
  const std::int64_t room = extent + windows.begin + windows.end - windows.kernel;
  if (room < 0 && !(windows.ceil_mode && room > -stride)) return 0;
  std::int64_t steps = windows.ceil_mode ? (room + stride - 1) / stride : room / stride;
  if (windows.ceil_mode && steps * stride >= extent + windows.begin) --steps;
  return steps + 1;
}

std::int64_t end_padding(std::int64_t extent, const AxisWindows& windows, std::int64_t count) {
  AxisWindows plain = windows;
  plain.end = windows.begin;
  plain.ceil_mode = false;
  if (count_windows(extent, plain) == count) return windows.begin;
  const std::int64_t last = (count - 1) * windows.stride + windows.kernel;
  return std::max<std::int64_t>(0, last - extent - windows.begin);
}

Window adaptive_window(std::int64_t i, std::int64_t in, std::int64_t out) {
  return {i * in / out, ((i + 1) * in + out - 1) / out};
}

bool is_adaptive(const AxisWindows& windows, std::int64_t in, std::int64_t out) {
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t begin = i * windows.stride;
    if (adaptive_window(i, in, out) != Window{begin, begin + windows.kernel}) return false;
  }
  return true;
}

std::optional<AxisWindows> uniform_windows(std::int64_t in, std::int64_t out) {
  const Window first = adaptive_window(0, in, out);
  const std::int64_t stride = out == 1 ? 1 : adaptive_window(1, in, out).begin;
  const AxisWindows windows{.kernel = first.end, .stride = stride};
  if (stride < 1 || !is_adaptive(windows, in, out)) return std::nullopt;
  return windows;
}

}  // namespace alexnet
