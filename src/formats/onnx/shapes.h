#pragma once

#include "formats/onnx/node.h"
#include "formats/onnx/tensors.h"

namespace alexnet {

/// What a constant of the file is to the nodes: integers at once, all else when it is read.
OnnxValue onnx_constant(onnx::TensorProto& tensor, OnnxTensors& tensors);

/// A graph's images: any number of them, or `batch`.
using OnnxBatch = std::optional<std::int64_t>;

/// The result of a node that computes with constants and shapes: Cast, Concat, Constant,
/// ConstantOfShape, Gather, Mul, Reshape, Shape, Slice, Squeeze, Unsqueeze. Throws Error, naming
/// file and node, on another, and where the result has more than 1024 numbers.
OnnxValue fold_shapes(OnnxNode& node, OnnxBatch batch, OnnxTensors& tensors);

}  // namespace alexnet
