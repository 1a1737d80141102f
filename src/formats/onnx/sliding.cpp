#include "formats/onnx/sliding.h"

#include <fmt/format.h>

#include <algorithm>

namespace alexnet {
namespace {

constexpr std::int64_t kLargest = 4096;

std::vector<std::int64_t> list(OnnxNode& node, const char* name,
                               const std::vector<std::int64_t>& missing, std::int64_t least) {
  auto values = node.integer_list(name);
  if (values.empty()) values = missing;
  const std::size_t size = missing.size();
  const bool possible = std::ranges::all_of(
      values, [&](std::int64_t value) { return value >= least && value <= kLargest; });
  if (values.size() != size || !possible) {
    node.refuse(fmt::format("its attribute '{}' must be {} numbers of {} to {}", name, size, least,
                            kLargest));
  }
  return values;
}

// As many windows as strides fit; an odd number of zeros puts one more at the end or the beginning.
void pad_to_same(AxisWindows& windows, std::int64_t extent, bool more_at_end) {
  const std::int64_t count = (extent + windows.stride - 1) / windows.stride;
  const std::int64_t total =
      std::max<std::int64_t>(0, (count - 1) * windows.stride + windows.kernel - extent);
  windows.begin = more_at_end ? total / 2 : total - total / 2;
  windows.end = total - windows.begin;
}

void read_padding(OnnxNode& node, const Shape& map, OnnxSliding& sliding) {
  const std::string automatic = node.text("auto_pad", "NOTSET");
  const auto pads = list(node, "pads", {0, 0, 0, 0}, 0);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    AxisWindows& windows = sliding.axes[axis];
    if (automatic == "NOTSET" || automatic.empty()) {
      windows.begin = pads[axis];
      windows.end = pads[axis + 2];
    } else if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      pad_to_same(windows, map[axis + 1], automatic == "SAME_UPPER");
    } else if (automatic != "VALID") {
      node.refuse("its attribute 'auto_pad' is unknown");
    }
  }
}

}  // namespace

bool OnnxSliding::is_square() const {
  return axes[0].kernel == axes[1].kernel && axes[0].stride == axes[1].stride &&
         axes[0].begin == axes[1].begin;
}

bool OnnxSliding::is_padded() const {
  return std::ranges::any_of(
      axes, [](const AxisWindows& windows) { return windows.begin != 0 || windows.end != 0; });
}

OnnxSliding read_sliding(OnnxNode& node, const Shape& map, const Shape& kernel) {
  if (kernel.empty() && !node.has_attribute("kernel_shape")) {
    node.refuse("it needs the attribute 'kernel_shape'");
  }
  const auto sizes = list(node, "kernel_shape", kernel.empty() ? Shape{1, 1} : kernel, 1);
  if (!kernel.empty() && sizes != kernel) {
    node.refuse("its attribute 'kernel_shape' is not that of its weights");
  }
  const auto strides = list(node, "strides", {1, 1}, 1);
  if (list(node, "dilations", {1, 1}, 1) != Shape{1, 1}) {
    node.unsupported("dilated windows are not something that the engines have");
  }
  const bool ceil_mode = node.integer("ceil_mode", 0) != 0;
  OnnxSliding sliding;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    sliding.axes[axis] = {.kernel = sizes[axis], .stride = strides[axis], .ceil_mode = ceil_mode};
  }
  read_padding(node, map, sliding);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    sliding.outputs.push_back(count_windows(map[axis + 1], sliding.axes[axis]));
    if (sliding.outputs.back() == 0) {
      node.refuse(fmt::format("its windows do not fit on {}; use a larger image", to_string(map)));
    }
  }
  return sliding;
}

std::optional<bool> overhang(const OnnxSliding& sliding, const Shape& map) {
  for (const bool ceil_mode : {false, true}) {
    const auto counts_are_same = [&](std::size_t axis) {
      AxisWindows windows = sliding.axes[axis];
      windows.end = windows.begin;
      windows.ceil_mode = ceil_mode;
      return count_windows(map[axis + 1], windows) == sliding.outputs[axis];
    };
    if (counts_are_same(0) && counts_are_same(1)) return ceil_mode;
  }
  return std::nullopt;
}

}  // namespace alexnet
