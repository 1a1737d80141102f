#include "formats/onnx/quantised.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace alexnet {
namespace {

constexpr std::array<std::string_view, 11> kTypes{
    "QuantizeLinear",
    "DequantizeLinear",
    "DynamicQuantizeLinear",
    "QLinearConv",
    "QLinearMatMul",
    "QGemm",
    "QLinearAdd",
    "ConvInteger",
    "MatMulInteger",
    "QLinearAveragePool",
    "QLinearGlobalAveragePool",
};

}  // namespace

bool OnnxDequantiser::knows(const OnnxNode& node) {
  return std::ranges::find(kTypes, node.type()) != kTypes.end();
}

const OnnxValue* OnnxDequantiser::keep(OnnxValue value) {
  return &made_.emplace_back(std::move(value));
}

// Whole numbers or floats as floats.
Tensor OnnxDequantiser::numbers(OnnxNode& node, std::size_t input) {
  if (const auto* integers = std::get_if<OnnxIntegers>(&node.value(input))) {
    const auto values = node.known_integers(input);
    Tensor numbers(integers->is_scalar ? Shape{} : Shape{static_cast<std::int64_t>(values.size())});
    std::ranges::copy(values, numbers.data());
    return numbers;
  }
  const OnnxConstant& constant = node.constant(input);
  if (constant.values) return constant.values->clone();
  if (constant.tensor == nullptr) return tensors_.filled(constant.shape, constant.fill);
  return tensors_.numbers(*constant.tensor);
}

std::vector<float> OnnxDequantiser::zeros(OnnxNode& node, std::size_t input) {
  const Tensor zeros = numbers(node, input);
  return {zeros.values().begin(), zeros.values().end()};
}

// The scale and zero point that are inputs `first` and the next; the latter may be missing.
OnnxDequantiser::Scale OnnxDequantiser::scale(OnnxNode& node, std::size_t first) {
  const Tensor factors = numbers(node, first);
  Scale scale{.factors = {factors.values().begin(), factors.values().end()}, .zeros = {0.0F}};
  if (node.has(first + 1)) scale.zeros = zeros(node, first + 1);
  return scale;
}

// One scale for all, or one for each place on `axis`.
const OnnxValue* OnnxDequantiser::dequantised(OnnxNode& node, std::size_t input, const Scale& scale,
                                              std::int64_t axis) {
  auto values = std::make_shared<Tensor>(numbers(node, input));
  const Shape& shape = values->shape();
  const auto axes = static_cast<std::int64_t>(shape.size());
  const auto place = static_cast<std::size_t>(axis < 0 ? axis + axes : axis);
  std::size_t behind = 1;
  for (std::size_t i = place + 1; i < shape.size(); ++i)
    behind *= static_cast<std::size_t>(shape[i]);
  const std::size_t extent =
      place < shape.size() ? static_cast<std::size_t>(shape[place]) : std::size_t{1};
  for (const auto* list : {&scale.factors, &scale.zeros}) {
    if (list->size() != 1 && list->size() != extent) {
      node.refuse(fmt::format("its {} scales or zero points do not fit the shape {}", list->size(),
                              to_string(shape)));
    }
  }
  std::size_t i = 0;
  for (float& value : values->values()) {
    const std::size_t at = i++ / behind % std::max<std::size_t>(extent, 1);
    value = (value - scale.zeros[scale.zeros.size() == 1 ? 0 : at]) *
            scale.factors[scale.factors.size() == 1 ? 0 : at];
  }
  return keep(OnnxConstant{.shape = shape, .values = std::move(values)});
}

// A matrix or kernel with its scale and zero point behind it; what comes from the images stays.
const OnnxValue* OnnxDequantiser::operand(OnnxNode& node, std::size_t input, std::int64_t axis) {
  if (node.is_activation(input)) return &node.value(input);
  return dequantised(node, input, scale(node, input + 1), axis);
}

// int32, of the scale that both factors have together.
const OnnxValue* OnnxDequantiser::bias(OnnxNode& node, std::size_t input, std::size_t left,
                                       std::size_t right) {
  if (!node.has(input)) return nullptr;
  Scale both = scale(node, right);
  const float other = numbers(node, left)[0];
  for (float& factor : both.factors) factor *= other;
  both.zeros = {0.0F};
  return dequantised(node, input, both, 0);
}

bool OnnxDequantiser::is_smallest(OnnxNode& node, std::size_t input) {
  if (!node.has(input)) return true;  // uint8
  const OnnxConstant& zero = node.constant(input);
  if (zero.tensor == nullptr) return false;
  const float smallest = zero.tensor->data_type() == onnx::TensorProto::INT8 ? -128.0F : 0.0F;
  const Tensor zeros = tensors_.numbers(*zero.tensor);
  return std::ranges::all_of(zeros.values(), [&](float value) { return value == smallest; });
}

void OnnxDequantiser::translate(OnnxNode& node) {
  is_used_ = true;
  cuts_negatives_ = false;
  const std::string type = node.type();
  const auto cut = [&](std::size_t input) { cuts_negatives_ = is_smallest(node, input); };
  if (type == "DequantizeLinear") {
    const std::int64_t axis = node.integer("axis", 1);
    const bool is_real = node.is_activation(0);
    node.become("Identity",
                {is_real ? &node.value(0) : dequantised(node, 0, scale(node, 1), axis)});
  } else if (type == "QuantizeLinear") {
    node.ignore({"axis", "saturate", "output_dtype"});
    if (node.is_activation(0)) cut(2);
    node.become("Identity", {&node.value(0)});
  } else if (type == "DynamicQuantizeLinear") {
    node.become("Identity", {&node.value(0)});
  } else if (type == "QLinearConv") {
    cut(7);
    node.become("Conv", {&node.value(0), operand(node, 3, 0), bias(node, 8, 1, 4)});
  } else if (type == "QLinearMatMul") {
    cut(7);
    node.become("MatMul", {operand(node, 0, 0), operand(node, 3, 1)});
  } else if (type == "QGemm") {
    cut(8);
    const std::int64_t outputs = node.integer("transB", 0) != 0 ? 0 : 1;
    node.become("Gemm", {&node.value(0), operand(node, 3, outputs), bias(node, 6, 1, 4)});
  } else if (type == "QLinearAdd") {
    cut(7);
    node.become("Add", {operand(node, 0, 0), operand(node, 3, 0)});
  } else if (type == "QLinearAveragePool" || type == "QLinearGlobalAveragePool") {
    if (node.integer("channels_last", 0) != 0)
      node.unsupported("it takes channels last; quantise the network with channels first");
    node.become(type.substr(std::string_view("QLinear").size()).c_str(), {&node.value(0)});
  } else {  // ConvInteger, MatMulInteger: the scale comes behind
    const Scale whole{.factors = {1.0F},
                      .zeros = node.has(3) ? zeros(node, 3) : std::vector<float>{0.0F}};
    const bool is_conv = type == "ConvInteger";
    node.become(is_conv ? "Conv" : "MatMul",
                {&node.value(0), dequantised(node, 1, whole, is_conv ? 0 : 1)});
  }
}

}  // namespace alexnet
