#include "formats/onnx/shapes.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "formats/common/strided.h"

namespace alexnet {
namespace {

constexpr std::size_t kMostNumbers = 1024;

bool is_integers(int type) {
  return type == onnx::TensorProto::INT64 || type == onnx::TensorProto::INT32 ||
         type == onnx::TensorProto::BOOL;
}

/// Position `index` of `size`, counted from the end where it is negative.
std::size_t position(const OnnxNode& node, std::int64_t index, std::size_t size) {
  const auto extent = static_cast<std::int64_t>(size);
  if (index < -extent || index >= extent) {
    node.refuse(fmt::format("its index {} is outside of {} numbers", index, size));
  }
  return static_cast<std::size_t>(index < 0 ? index + extent : index);
}

void need_axis_0(const OnnxNode& node, std::int64_t axis) {
  if (axis != 0 && axis != -1) node.refuse("shapes have only axis 0");
}

// Those of what comes from the images begin with the batch.
OnnxIntegers extents_of(const OnnxNode& node, OnnxBatch batch) {
  if (const auto* list = std::get_if<OnnxIntegers>(&node.value(0))) {
    const auto count = static_cast<std::int64_t>(list->values.size());
    const auto columns = static_cast<std::int64_t>(list->columns);
    if (list->is_scalar) return {};
    if (columns > 0) return {.values = {count / columns, columns}};
    return {.values = {count}};
  }
  const OnnxDenominator* denominator = node.denominator(0);
  const bool is_constant = node.is_constant(0);
  const Shape& shape = is_constant              ? node.constant(0).shape
                       : denominator != nullptr ? denominator->shape
                                                : node.activation(0).shape;
  OnnxIntegers all;
  if (!is_constant) all.values.push_back(batch);
  all.values.insert(all.values.end(), shape.begin(), shape.end());
  return all;
}

OnnxIntegers fold_shape(OnnxNode& node, OnnxBatch batch) {
  const OnnxIntegers all = extents_of(node, batch);
  const auto size = static_cast<std::int64_t>(all.values.size());
  const auto clamped = [&](std::int64_t index) {
    return std::clamp<std::int64_t>(index < 0 ? index + size : index, 0, size);
  };
  const std::int64_t begin = clamped(node.integer("start", 0));
  const std::int64_t end = std::max(begin, clamped(node.integer("end", size)));
  return {.values = {all.values.begin() + begin, all.values.begin() + end}};
}

OnnxIntegers fold_gather(OnnxNode& node) {
  const OnnxIntegers& data = node.integers(0);
  const OnnxIntegers& indices = node.integers(1);
  need_axis_0(node, node.integer("axis", 0));
  OnnxIntegers result{.is_scalar = indices.is_scalar};
  for (const std::int64_t index : node.known_integers(1)) {
    result.values.push_back(data.values[position(node, index, data.values.size())]);
  }
  return result;
}

OnnxIntegers reversed_rows(const OnnxIntegers& data) {
  OnnxIntegers reversed{.columns = data.columns};
  for (std::size_t end = data.values.size(); end > 0; end -= data.columns) {
    const auto row = data.values.begin() + static_cast<std::ptrdiff_t>(end - data.columns);
    reversed.values.insert(reversed.values.end(), row,
                           row + static_cast<std::ptrdiff_t>(data.columns));
  }
  return reversed;
}

OnnxIntegers fold_transpose(OnnxNode& node) {
  const OnnxIntegers& data = node.integers(0);
  const auto order = node.integer_list("perm");
  if (data.columns == 0 || (!order.empty() && order != std::vector<std::int64_t>{1, 0})) {
    node.unsupported("of integers only rows and columns can be swapped");
  }
  OnnxIntegers swapped{.columns = data.values.size() / data.columns};
  for (std::size_t column = 0; column < data.columns; ++column) {
    for (std::size_t i = column; i < data.values.size(); i += data.columns) {
      swapped.values.push_back(data.values[i]);
    }
  }
  if (swapped.columns == 0) swapped.columns = 1;
  return swapped;
}

// Attributes before opset 10, inputs since.
OnnxIntegers fold_slice(OnnxNode& node) {
  const OnnxIntegers& data = node.integers(0);
  const bool has_inputs = node.input_count() > 1;
  const auto list = [&](std::size_t input, const char* name) {
    if (!has_inputs) return node.integer_list(name);
    return node.has(input) ? node.known_integers(input) : std::vector<std::int64_t>{};
  };
  const auto begins = list(1, "starts");
  const auto ends = list(2, "ends");
  const auto axes = list(3, "axes");
  const auto steps = has_inputs ? list(4, "") : std::vector<std::int64_t>{};
  if (data.columns != 0 && begins == std::vector<std::int64_t>{-1} &&
      axes == std::vector<std::int64_t>{0} && steps == std::vector<std::int64_t>{-1} &&
      ends.size() == 1 && ends[0] < -static_cast<std::int64_t>(data.values.size())) {
    return reversed_rows(data);
  }
  if (begins.size() != 1 || ends.size() != 1 || axes.size() > 1 ||
      (!steps.empty() && steps != std::vector<std::int64_t>{1})) {
    node.unsupported("of a shape only one range, in steps of 1, can be taken");
  }
  if (!axes.empty()) need_axis_0(node, axes[0]);
  const auto size = static_cast<std::int64_t>(data.values.size());
  const auto clamped = [&](std::int64_t index) {
    return std::clamp<std::int64_t>(index < 0 ? std::max(index, -size) + size : index, 0, size);
  };
  if (data.columns != 0) node.unsupported("of rows only all can be taken, in reverse");
  const std::int64_t begin = clamped(begins[0]);
  const std::int64_t end = std::max(begin, clamped(ends[0]));
  return {.values = {data.values.begin() + begin, data.values.begin() + end}};
}

// Attribute `axes` before opset 13, an input since.
void check_axes(OnnxNode& node) {
  for (const std::int64_t axis : node.has(1) ? node.known_integers(1) : node.integer_list("axes")) {
    need_axis_0(node, axis);
  }
}

OnnxIntegers fold_unsqueeze(OnnxNode& node) {
  const OnnxIntegers& data = node.integers(0);
  check_axes(node);
  if (!data.is_scalar) node.unsupported("only a single number can become a list");
  return {.values = data.values};
}

OnnxIntegers fold_squeeze(OnnxNode& node) {
  const OnnxIntegers& data = node.integers(0);
  check_axes(node);
  if (data.values.size() != 1) node.unsupported("only a list of one can become a single number");
  return {.is_scalar = true, .values = data.values};
}

OnnxIntegers fold_concat(OnnxNode& node) {
  need_axis_0(node, node.integer("axis", 0));
  OnnxIntegers result;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const auto& values = node.integers(i).values;
    if (values.size() > kMostNumbers - result.values.size()) {
      node.unsupported(fmt::format("a shape of more than {} numbers cannot be read", kMostNumbers));
    }
    result.values.insert(result.values.end(), values.begin(), values.end());
  }
  return result;
}

bool is_arithmetic(const std::string& type) {
  return type == "Add" || type == "Sub" || type == "Mul" || type == "Div" || type == "Equal";
}

// None where it is too large. Division is towards zero, as ONNX has it.
std::optional<std::int64_t> result_of(const OnnxNode& node, std::int64_t left, std::int64_t right) {
  const std::string& type = node.type();
  std::int64_t result = 0;
  bool is_out = false;
  if (type == "Add") is_out = __builtin_add_overflow(left, right, &result);
  if (type == "Sub") is_out = __builtin_sub_overflow(left, right, &result);
  if (type == "Mul") is_out = __builtin_mul_overflow(left, right, &result);
  if (type == "Equal") return left == right ? 1 : 0;
  if (type == "Div") {
    is_out = right == 0 || (right == -1 && left == std::numeric_limits<std::int64_t>::min());
    if (!is_out) result = left / right;
  }
  return is_out ? std::nullopt : std::optional(result);
}

OnnxIntegers fold_arithmetic(OnnxNode& node) {
  OnnxIntegers left = node.integers(0);
  OnnxIntegers right = node.integers(1);
  const std::size_t size = std::max(left.values.size(), right.values.size());
  const bool is_scalar = left.is_scalar && right.is_scalar;
  for (OnnxIntegers* side : {&left, &right}) {
    if (side->values.size() == 1) side->values.resize(size, side->values[0]);
  }
  if (left.values.size() != right.values.size()) node.refuse("its inputs differ in length");
  for (std::size_t i = 0; i < size; ++i) {
    auto& value = left.values[i];
    if (!value || !right.values[i]) {
      value.reset();
      continue;
    }
    const std::int64_t number = *value;
    value = result_of(node, number, *right.values[i]);
    if (!value) {
      node.refuse(fmt::format("what it makes of {} and {} is no number of 64 bits", number,
                              *right.values[i]));
    }
  }
  return {.is_scalar = is_scalar, .values = left.values};
}

// Of a dynamically quantised graph: one scale is that of the images, as 1.
OnnxValue fold_scales(OnnxNode& node) {
  const auto is_one = [&](std::size_t input) {
    const OnnxConstant& constant = node.constant(input);
    return constant.tensor == nullptr && !constant.values && constant.fill == 1.0F &&
           constant.shape.empty();
  };
  if (!is_one(0) && !is_one(1))
    node.unsupported("it multiplies two constants; simplify the graph before");
  return node.constant(is_one(0) ? 1 : 0);
}

// Only to a list, to rows, or to a single number.
OnnxIntegers fold_reshape(OnnxNode& node) {
  node.ignore({"allowzero"});
  const OnnxIntegers& data = node.integers(0);
  const auto shape = node.known_integers(1);
  const auto size = static_cast<std::int64_t>(data.values.size());
  const bool to_scalar = shape.empty() && size == 1;
  const bool to_list = shape.size() == 1 && (shape[0] == -1 || shape[0] == size);
  const bool to_rows = shape.size() == 2 && shape[1] > 0 && size > 0 && size % shape[1] == 0 &&
                       (shape[0] == -1 || shape[0] == size / shape[1]);
  if (to_rows) return {.columns = static_cast<std::size_t>(shape[1]), .values = data.values};
  if (!to_scalar && !to_list) node.unsupported("a shape can only become a list");
  return {.is_scalar = to_scalar, .values = data.values};
}

// A bias that a quantiser spreads over a map.
OnnxConstant reshape_constant(OnnxNode& node, OnnxTensors& tensors) {
  node.ignore({"allowzero"});
  const OnnxConstant& from = node.constant(0);
  Shape shape = node.known_integers(1);
  const std::int64_t elements = element_count(from.shape);
  std::int64_t known = 1;
  for (const std::int64_t extent : shape) {
    if (extent != -1 && (extent < 1 || __builtin_mul_overflow(known, extent, &known))) known = 0;
  }
  if (std::ranges::count(shape, -1) == 1 && known > 0) {
    *std::ranges::find(shape, -1) = elements / known;
  }
  if (known == 0 || count_elements(shape) != elements || from.tensor == nullptr) {
    node.unsupported("only a constant of the file can get another shape, of as many numbers");
  }
  const Tensor values = tensors.floats(*from.tensor, /*to_change=*/true);
  return {.shape = shape, .values = std::make_shared<Tensor>(shape, values.values())};
}

OnnxValue fold_cast(OnnxNode& node) {
  const auto type = node.integer("to", 0);
  node.ignore({"saturate"});
  if (std::holds_alternative<OnnxConstant>(node.value(0))) return node.constant(0);
  if (!is_integers(static_cast<int>(type)))
    node.unsupported("a shape can only become int32 or int64");
  return node.integers(0);
}

OnnxValue fold_constant(OnnxNode& node, OnnxTensors& tensors) {
  if (node.has_attribute("value_int")) {
    return OnnxIntegers{.is_scalar = true, .values = {node.integer("value_int", 0)}};
  }
  if (node.has_attribute("value_ints")) {
    const auto list = node.integer_list("value_ints");
    return OnnxIntegers{.values = {list.begin(), list.end()}};
  }
  if (node.has_attribute("value_float")) {
    return OnnxConstant{.shape = {}, .fill = node.real("value_float", 0)};
  }
  return onnx_constant(node.tensor("value"), tensors);
}

OnnxValue fold_constant_of_shape(OnnxNode& node, OnnxTensors& tensors) {
  const Shape shape = node.known_integers(0);
  const auto count = count_elements(shape);
  if (!count) node.refuse(fmt::format("its shape {} is impossible", to_string(shape)));
  if (!node.has_attribute("value")) return OnnxConstant{.shape = shape, .fill = 0.0F};
  onnx::TensorProto& value = node.tensor("value");
  if (!is_integers(value.data_type())) {
    const Tensor number = tensors.floats(value);
    if (number.size() != 1) node.refuse("its value must be one number");
    return OnnxConstant{.shape = shape, .fill = number[0]};
  }
  const auto number = tensors.integers(value);
  if (number.size() != 1 || shape.size() > 1 || *count > static_cast<std::int64_t>(kMostNumbers)) {
    node.unsupported(fmt::format("integers can only make a list of at most {}", kMostNumbers));
  }
  return OnnxIntegers{.is_scalar = shape.empty(),
                      .values = std::vector<std::optional<std::int64_t>>(
                          static_cast<std::size_t>(*count), number[0])};
}

}  // namespace

OnnxValue onnx_constant(onnx::TensorProto& tensor, OnnxTensors& tensors) {
  const bool is_list =
      tensor.dims_size() == 0 ||
      (tensor.dims_size() == 1 && tensor.dims(0) <= static_cast<std::int64_t>(kMostNumbers));
  if (!is_integers(tensor.data_type()) || !is_list) {
    return OnnxConstant{.tensor = &tensor,
                        .shape = Shape(tensor.dims().begin(), tensor.dims().end())};
  }
  const auto numbers = tensors.integers(tensor);
  return OnnxIntegers{.is_scalar = tensor.dims_size() == 0,
                      .values = {numbers.begin(), numbers.end()}};
}

OnnxValue fold_shapes(OnnxNode& node, OnnxBatch batch, OnnxTensors& tensors) {
  const std::string& type = node.type();
  if (type == "Identity") return node.value(0);
  if (type == "Shape") return fold_shape(node, batch);
  if (type == "Constant") return fold_constant(node, tensors);
  if (type == "ConstantOfShape") return fold_constant_of_shape(node, tensors);
  if (type == "Gather") return fold_gather(node);
  if (type == "Slice") return fold_slice(node);
  if (type == "Unsqueeze") return fold_unsqueeze(node);
  if (type == "Squeeze") return fold_squeeze(node);
  if (type == "Concat") return fold_concat(node);
  if (type == "Mul" && node.is_constant(0) && node.is_constant(1)) return fold_scales(node);
  if (is_arithmetic(type)) return fold_arithmetic(node);
  if (type == "Transpose") return fold_transpose(node);
  if (type == "Reshape" && node.is_constant(0)) return reshape_constant(node, tensors);
  if (type == "Reshape") return fold_reshape(node);
  if (type == "Cast") return fold_cast(node);
  node.unsupported("with constants it cannot be computed here; simplify the graph before");
}

}  // namespace alexnet
