#include "formats/onnx/denominator.h"

#include <fmt/format.h>

#include <algorithm>

namespace alexnet {
namespace {

using Stage = OnnxDenominator::Stage;
constexpr std::int64_t kLargestSize = 4096;

[[noreturn]] void refuse(const OnnxNode& node) {
  node.unsupported(
      "the graph branches here, and what it computes is no local response normalisation");
}

// A single number, as floats or integers.
std::optional<float> single(OnnxNode& node, std::size_t input, OnnxTensors& tensors) {
  if (!node.has(input)) return std::nullopt;
  if (const auto* integers = std::get_if<OnnxIntegers>(&node.value(input))) {
    if (integers->values.size() != 1 || !integers->values[0]) return std::nullopt;
    return static_cast<float>(*integers->values[0]);
  }
  const auto* constant = std::get_if<OnnxConstant>(&node.value(input));
  if (constant == nullptr ||
      std::ranges::any_of(constant->shape, [](std::int64_t e) { return e != 1; })) {
    return std::nullopt;
  }
  if (constant->values) return (*constant->values)[0];
  return constant->tensor == nullptr ? constant->fill : tensors.numbers(*constant->tensor)[0];
}

// Where the channels are: behind extents of 1.
std::size_t channel_axis(const Shape& shape) {
  const auto found = std::ranges::find_if(shape, [](std::int64_t extent) { return extent != 1; });
  return static_cast<std::size_t>(found - shape.begin());
}

// (n, ...) with the same numbers in the same order, and the channels still an axis.
Shape reshaped(OnnxNode& node, const Shape& from) {
  node.ignore({"allowzero"});
  const auto& to = node.integers(1).values;
  std::int64_t known = 1;
  Shape shape;
  for (std::size_t i = 1; i < to.size(); ++i) {
    if (!to[i] || *to[i] < -1 || *to[i] == 0) refuse(node);
    shape.push_back(*to[i]);
    if (*to[i] > 0 && __builtin_mul_overflow(known, *to[i], &known)) refuse(node);
  }
  const std::int64_t elements = element_count(from);
  for (std::int64_t& extent : shape) {
    if (extent == -1) extent = elements / known;
  }
  const std::size_t axis = channel_axis(shape);
  const bool keeps = element_count(shape) == elements && axis < shape.size() &&
                     shape[axis] == from[channel_axis(from)];
  if (!keeps) refuse(node);
  return shape;
}

// Attribute `axes` before opset 13, an input since.
std::vector<std::int64_t> axes_of(OnnxNode& node) {
  return node.has(1) ? node.known_integers(1) : node.integer_list("axes");
}

Shape unsqueezed(OnnxNode& node, Shape shape) {
  if (axes_of(node) != std::vector<std::int64_t>{1}) refuse(node);
  shape.insert(shape.begin(), 1);
  return shape;
}

Shape squeezed(OnnxNode& node, Shape shape) {
  if (axes_of(node) != std::vector<std::int64_t>{1} || shape[0] != 1) refuse(node);
  shape.erase(shape.begin());
  return shape;
}

// Attributes before opset 11, inputs since. Of zeros, as the graph has them, and of the channels
// alone.
void pad(OnnxNode& node, OnnxDenominator& square, OnnxTensors& tensors) {
  const bool has_inputs = node.has(1);
  const auto pads = has_inputs ? node.known_integers(1) : node.integer_list("pads");
  const float value = has_inputs ? single(node, 2, tensors).value_or(0.0F) : node.real("value", 0);
  const std::size_t axes = square.shape.size() + 1;
  if (node.text("mode", "constant") != "constant" || value != square.zero ||
      pads.size() != 2 * axes || node.has(3)) {
    refuse(node);
  }
  const std::size_t channels = channel_axis(square.shape) + 1;
  for (std::size_t i = 0; i < axes; ++i) {
    const bool is_padded = pads[i] != 0 || pads[i + axes] != 0;
    if (is_padded && (i != channels || square.stage != Stage::squared)) refuse(node);
  }
  if (pads[channels] == 0 && pads[channels + axes] == 0) return;
  square.stage = Stage::padded;
  square.before = pads[channels];
  square.norm.size = static_cast<int>(
      std::clamp<std::int64_t>(pads[channels] + pads[channels + axes] + 1, 0, kLargestSize));
}

// A window over the padded channels, 1 wide in all else.
void average(OnnxNode& node, OnnxDenominator& square) {
  node.ignore({"count_include_pad", "ceil_mode", "auto_pad"});
  const auto ones = [](const std::vector<std::int64_t>& list, std::int64_t one) {
    return std::ranges::all_of(list, [&](std::int64_t value) { return value == one; });
  };
  auto kernel = node.integer_list("kernel_shape");
  const std::size_t channels = channel_axis(square.shape);
  const bool fits =
      square.stage == Stage::padded && channels >= 1 && kernel.size() + 1 == square.shape.size() &&
      kernel[channels - 1] == square.norm.size && square.before == square.norm.size / 2;
  if (!fits) refuse(node);
  kernel[channels - 1] = 1;
  if (!ones(kernel, 1) || !ones(node.integer_list("strides"), 1) ||
      !ones(node.integer_list("pads"), 0) || !ones(node.integer_list("dilations"), 1)) {
    refuse(node);
  }
  square.stage = Stage::averaged;
  square.norm.alpha = 1.0F;
  square.norm.divide_by_size = true;
}

// Mul, Add and Pow with single numbers, in this order; the first may be missing.
void compute(OnnxNode& node, OnnxDenominator& mean, OnnxTensors& tensors) {
  const std::string& type = node.type();
  const std::size_t constant = node.denominator(0) != nullptr ? 1 : 0;
  const auto number = single(node, constant, tensors);
  if (!number || (constant == 0 && type == "Pow")) refuse(node);
  if (type == "Mul" && mean.stage == Stage::averaged) {
    mean.norm.alpha = *number;
    mean.stage = Stage::scaled;
  } else if (type == "Add" && (mean.stage == Stage::averaged || mean.stage == Stage::scaled)) {
    mean.norm.k = *number;
    mean.stage = Stage::shifted;
  } else if (type == "Pow" && mean.stage == Stage::shifted) {
    mean.norm.beta = *number;
    mean.stage = Stage::raised;
  } else {
    refuse(node);
  }
}

}  // namespace

std::optional<OnnxDenominator> begin_denominator(OnnxNode& node, OnnxTensors& tensors) {
  if (node.input_count() != 2 || !node.is_activation(0)) return std::nullopt;
  const OnnxActivation& x = node.activation(0);
  const bool is_product =
      node.type() == "Mul" && node.is_activation(1) && node.activation(1).step == x.step;
  const bool is_power = node.type() == "Pow" && single(node, 1, tensors) == 2.0F;
  const bool has_channels = x.shape.size() == 3 && x.shape[0] > 1;  // what channel_axis goes by
  if (!has_channels || !(is_product || is_power)) return std::nullopt;
  return OnnxDenominator{.step = x.step, .shape = x.shape, .norm = {}};
}

OnnxDenominator advance_denominator(OnnxNode& node, const OnnxDenominator& from,
                                    OnnxTensors& tensors) {
  OnnxDenominator to = from;
  const std::string& type = node.type();
  if (type == "Reshape") {
    to.shape = reshaped(node, from.shape);
  } else if (type == "Unsqueeze") {
    to.shape = unsqueezed(node, from.shape);
  } else if (type == "Squeeze") {
    to.shape = squeezed(node, from.shape);
  } else if (type == "Pad") {
    pad(node, to, tensors);
  } else if (type == "AveragePool") {
    average(node, to);
  } else if (type == "Mul" || type == "Add" || type == "Pow") {
    compute(node, to, tensors);
  } else if (type != "Identity") {
    refuse(node);
  }
  return to;
}

}  // namespace alexnet
