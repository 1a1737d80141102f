#pragma once

#include <optional>

#include "formats/onnx/node.h"
#include "formats/onnx/tensors.h"

namespace alexnet {

/// PyTorch's nn.LocalResponseNorm has no operator in ONNX: its exporters write
/// x / (k + alpha * mean(pad(x * x)))^beta node by node. The square that may begin it; none where
/// the node is no square of one activation.
std::optional<OnnxDenominator> begin_denominator(OnnxNode& node, OnnxTensors& tensors);

/// What a node makes of a denominator on the way. Throws Error, naming file and node, where that is
/// no step to a local response normalisation.
OnnxDenominator advance_denominator(OnnxNode& node, const OnnxDenominator& from,
                                    OnnxTensors& tensors);

}  // namespace alexnet
