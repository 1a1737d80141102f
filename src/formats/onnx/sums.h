#pragma once

#include <optional>

#include "formats/onnx/node.h"
#include "formats/onnx/tensors.h"

namespace alexnet {

/// PyTorch's exporter by torch.export writes an adaptive pool whose windows are not alike as it is
/// computed there: pixels are gathered by their places, masked, added and divided. The map that
/// begins this, with its axes in the order `perm`; none where it is too large.
std::optional<OnnxSums> begin_sums(const OnnxActivation& map,
                                   const std::vector<std::int64_t>& perm);

/// What a node makes of such sums. Throws Error, naming file and node, where it is none that pools
/// are made of.
OnnxSums advance_sums(OnnxNode& node, OnnxTensors& tensors);

/// The height and width of the adaptive pool that they are, once they are (n, c, h, w).
std::optional<Shape> adaptive_size(const OnnxSums& sums);

}  // namespace alexnet
