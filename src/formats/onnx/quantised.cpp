#include "formats/onnx/quantised.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace alexnet {
namespace {

struct Quantised {
  std::string_view type;
  std::size_t zero = 0;  // the input that is the result's zero point, its scale before it; 0: none
};
constexpr std::array<Quantised, 13> kTypes{{
    {"QuantizeLinear", 2},
    {"DequantizeLinear"},
    {"DynamicQuantizeLinear"},
    {"QLinearConv", 7},
    {"QLinearMatMul", 7},
    {"QGemm", 8},
    {"QLinearAdd", 7},
    {"QLinearMul", 7},
    {"QLinearSoftmax", 4},
    {"ConvInteger"},
    {"MatMulInteger"},
    {"QLinearAveragePool", 4},
    {"QLinearGlobalAveragePool", 4},
}};

const Quantised* find_type(const OnnxNode& node) {
  const auto* found = std::ranges::find(kTypes, node.type(), &Quantised::type);
  return found == kTypes.end() ? nullptr : found;
}

// Calls `change` with each value and the scale and zero point of its place on `axis`, which are
// checked to be one for all or one for each.
template <class Change>
void change_each(const OnnxNode& node, Tensor& values, std::span<const float> factors,
                 std::span<const float> zeros, std::int64_t axis, const Change& change) {
  const Shape& shape = values.shape();
  const auto axes = static_cast<std::int64_t>(shape.size());
  const auto place = static_cast<std::size_t>(axis < 0 ? axis + axes : axis);
  std::size_t behind = 1;
  for (std::size_t i = place + 1; i < shape.size(); ++i)
    behind *= static_cast<std::size_t>(shape[i]);
  const std::size_t extent =
      place < shape.size() ? static_cast<std::size_t>(shape[place]) : std::size_t{1};
  for (const auto list : {factors, zeros}) {
    if (list.size() != 1 && list.size() != extent) {
      node.refuse(fmt::format("its {} scales or zero points do not fit the shape {}", list.size(),
                              to_string(shape)));
    }
  }
  std::size_t i = 0;
  for (float& value : values.values()) {
    const std::size_t at = i++ / behind % std::max<std::size_t>(extent, 1);
    value = change(value, factors[factors.size() == 1 ? 0 : at], zeros[zeros.size() == 1 ? 0 : at]);
  }
}

}  // namespace

bool OnnxDequantiser::knows(const OnnxNode& node) {
  return find_type(node) != nullptr;
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

const OnnxValue* OnnxDequantiser::dequantised(OnnxNode& node, std::size_t input, const Scale& scale,
                                              std::int64_t axis) {
  auto values = std::make_shared<Tensor>(numbers(node, input));
  change_each(node, *values, scale.factors, scale.zeros, axis,
              [](float value, float factor, float zero) { return (value - zero) * factor; });
  return keep(OnnxConstant{.shape = values->shape(), .values = values});
}

// A constant that the graph rounds itself, as QuantizeLinear does it.
const OnnxValue* OnnxDequantiser::quantised(OnnxNode& node, std::int64_t axis) {
  const Range range = range_of(node, 2);
  const Scale scale = this->scale(node, 1);
  auto values = std::make_shared<Tensor>(numbers(node, 0));
  change_each(node, *values, scale.factors, scale.zeros, axis,
              [&range](float value, float factor, float zero) {
                return std::clamp(std::nearbyint(value / factor) + zero, range.least, range.most);
              });
  return keep(OnnxConstant{.shape = values->shape(), .values = values});
}

// A matrix or kernel with its scale and zero point behind it; what comes from the images stays.
const OnnxValue* OnnxDequantiser::operand(OnnxNode& node, std::size_t input, std::int64_t axis) {
  if (node.is_computed(input)) return &node.value(input);
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

// By the type of a zero point, which output_dtype is where it is missing; 0 or none is uint8.
OnnxDequantiser::Range OnnxDequantiser::range_of(OnnxNode& node, std::size_t zero) {
  using onnx::TensorProto;
  std::int64_t type = 0;
  if (!node.has(zero)) {
    type = node.integer("output_dtype", 0);
    if (type == 0) type = TensorProto::UINT8;
  } else if (const auto* tensor = node.constant(zero).tensor; tensor != nullptr) {
    type = tensor->data_type();
  }
  switch (type) {
    case TensorProto::UINT8:
      return {0, 255};
    case TensorProto::INT8:
      return {-128, 127};
    case TensorProto::UINT16:
      return {0, 65'535};
    case TensorProto::INT16:
      return {-32'768, 32'767};
    default:
      node.unsupported("only what is quantised to 8 or 16 bits can be read");
  }
}

// What the node says of the numbers that it makes.
void OnnxDequantiser::read_result(OnnxNode& node) {
  zero_ = 0.0F;
  cuts_negatives_ = false;
  const std::size_t input = find_type(node)->zero;
  if (input == 0 || !node.has(input - 1)) return;  // it makes floats
  const auto all = node.has(input) ? zeros(node, input) : std::vector<float>{0.0F};
  if (all.size() == 1) zero_ = all[0];
  const Range range = range_of(node, input);
  cuts_negatives_ = std::ranges::all_of(all, [&](float value) { return value == range.least; });
}

void OnnxDequantiser::translate(OnnxNode& node) {
  is_used_ = true;
  read_result(node);
  const std::string type = node.type();
  if (type.ends_with("QuantizeLinear") || type == "DequantizeLinear") {
    translate_conversion(node);
  } else if (type.ends_with("Integer")) {
    translate_integers(node);
  } else if (type == "QLinearConv") {
    node.become("Conv", {&node.value(0), operand(node, 3, 0), bias(node, 8, 1, 4)});
  } else if (type == "QLinearMatMul") {
    node.become("MatMul", {operand(node, 0, 0), operand(node, 3, 1)});
  } else if (type == "QGemm") {
    const std::int64_t outputs = node.integer("transB", 0) != 0 ? 0 : 1;
    node.become("Gemm", {&node.value(0), operand(node, 3, outputs), bias(node, 6, 1, 4)});
  } else if (type == "QLinearAdd" || type == "QLinearMul") {
    node.become(type == "QLinearAdd" ? "Add" : "Mul", {operand(node, 0, 0), operand(node, 3, 0)});
  } else if (type == "QLinearSoftmax") {
    node.ignore({"opset"});
    node.become("Softmax", {&node.value(0)});
  } else {  // QLinearAveragePool, QLinearGlobalAveragePool
    if (node.integer("channels_last", 0) != 0)
      node.unsupported("it takes channels last; quantise the network with channels first");
    node.become(type.substr(std::string_view("QLinear").size()).c_str(), {&node.value(0)});
  }
}

// What comes from the images stays as it is.
void OnnxDequantiser::translate_conversion(OnnxNode& node) {
  const OnnxValue* value = &node.value(0);
  if (node.type() == "QuantizeLinear") {
    node.ignore({"saturate", "output_dtype"});
    const std::int64_t axis = node.integer("axis", 1);
    if (!node.is_computed(0)) value = quantised(node, axis);
  } else if (node.type() == "DequantizeLinear") {
    const std::int64_t axis = node.integer("axis", 1);
    if (!node.is_computed(0)) value = dequantised(node, 0, scale(node, 1), axis);
  }
  node.become("Identity", {value});
}

// The scale comes behind.
void OnnxDequantiser::translate_integers(OnnxNode& node) {
  const bool is_conv = node.type() == "ConvInteger";
  const Scale whole{.factors = {1.0F},
                    .zeros = node.has(3) ? zeros(node, 3) : std::vector<float>{0.0F}};
  node.become(is_conv ? "Conv" : "MatMul",
              {&node.value(0), dequantised(node, 1, whole, is_conv ? 0 : 1)});
}

}  // namespace alexnet
