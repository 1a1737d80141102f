#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "formats/onnx/node.h"
#include "formats/onnx/tensors.h"

namespace alexnet {

/// Makes quantised nodes the nodes of floats that they approximate: QuantizeLinear and
/// DequantizeLinear, QLinearConv and its like, ConvInteger and its like behind
/// DynamicQuantizeLinear.
class OnnxDequantiser {
 public:
  explicit OnnxDequantiser(OnnxTensors& tensors) : tensors_(tensors) {}

  static bool knows(const OnnxNode& node);
  /// The node becomes another of float constants: Conv, Gemm, MatMul, Add or Identity; the input 0
  /// of an Identity is what it gives. Throws Error, naming file and node.
  void translate(OnnxNode& node);
  /// Whether the last node translated cuts what is below zero off: by the smallest number of 8
  /// bits, which stands for zero.
  bool cuts_negatives() const { return cuts_negatives_; }
  /// Whether there were any.
  bool is_used() const { return is_used_; }

 private:
  struct Scale {
    std::vector<float> factors;
    std::vector<float> zeros;
  };

  const OnnxValue* keep(OnnxValue value);
  Tensor numbers(OnnxNode& node, std::size_t input);
  std::vector<float> zeros(OnnxNode& node, std::size_t input);
  Scale scale(OnnxNode& node, std::size_t first);
  const OnnxValue* dequantised(OnnxNode& node, std::size_t input, const Scale& scale,
                               std::int64_t axis);
  const OnnxValue* operand(OnnxNode& node, std::size_t input, std::int64_t axis);
  const OnnxValue* bias(OnnxNode& node, std::size_t input, std::size_t left, std::size_t right);
  bool is_smallest(OnnxNode& node, std::size_t input);

  OnnxTensors& tensors_;
  std::deque<OnnxValue> made_;
  bool cuts_negatives_ = false;
  bool is_used_ = false;
};

}  // namespace alexnet
