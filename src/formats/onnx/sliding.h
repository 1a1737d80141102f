#pragma once

#include <array>
#include <optional>

#include "formats/common/pool_windows.h"
#include "formats/onnx/node.h"

namespace alexnet {

/// Windows that slide over a map, rows and columns, and how many there are.
struct OnnxSliding {
  std::array<AxisWindows, 2> axes;
  Shape outputs;  ///< (h, w)

  bool is_square() const;
  bool is_padded() const;
};

/// What kernel_shape, strides, pads, auto_pad, dilations and ceil_mode say for a map (c, h, w).
/// `kernel` is the weights', where there are some. Throws Error, naming file and node, when
/// windows are dilated, larger than 4096 or do not fit.
OnnxSliding read_sliding(OnnxNode& node, const Shape& map, const Shape& kernel = {});

/// The ceil_mode with which windows of the same padding on all sides are as many: padding at the
/// end that is not that at the beginning is how ONNX says that the last window hangs over. None
/// when there is no such mode.
std::optional<bool> overhang(const OnnxSliding& sliding, const Shape& map);

}  // namespace alexnet
