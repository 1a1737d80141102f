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
  /// The node becomes another of float constants: Conv, Gemm, MatMul, Add, Mul, Softmax, a pool or
  /// Identity; the input 0 of an Identity is what it gives. Throws Error, naming file and node.
  void translate(OnnxNode& node);
  /// Whether the last node translated cuts what is below zero off: by the smallest number of 8
  /// bits, which stands for zero.
  bool cuts_negatives() const { return cuts_negatives_; }
  /// What stands for zero in the numbers that the last node translated makes; 0 of floats.
  float zero() const { return zero_; }
  /// Whether there were any.
  bool is_used() const { return is_used_; }

 private:
  struct Scale {
    std::vector<float> factors;
    std::vector<float> zeros;
  };
  struct Range {
    float least;
    float most;
  };

  const OnnxValue* keep(OnnxValue value);
  Tensor numbers(OnnxNode& node, std::size_t input);
  std::vector<float> zeros(OnnxNode& node, std::size_t input);
  Scale scale(OnnxNode& node, std::size_t first);
  const OnnxValue* dequantised(OnnxNode& node, std::size_t input, const Scale& scale,
                               std::int64_t axis);
  const OnnxValue* quantised(OnnxNode& node, std::int64_t axis);
  const OnnxValue* operand(OnnxNode& node, std::size_t input, std::int64_t axis);
  const OnnxValue* bias(OnnxNode& node, std::size_t input, std::size_t left, std::size_t right);
  static Range range_of(OnnxNode& node, std::size_t zero);
  void read_result(OnnxNode& node);
  void translate_conversion(OnnxNode& node);
  void translate_integers(OnnxNode& node);

  OnnxTensors& tensors_;
  std::deque<OnnxValue> made_;
  bool cuts_negatives_ = false;
  float zero_ = 0.0F;
  bool is_used_ = false;
};

}  // namespace alexnet
