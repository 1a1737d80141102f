// What comes between the layers and is folded into them: arithmetic with constants,
// BatchNormalization, Transpose.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "formats/onnx/layers.h"

namespace alexnet {
namespace {

// Before opset 7 `axis` says where a constant begins; since then constants end with the map.
std::size_t extents_behind(OnnxNode& node, bool is_map) {
  node.ignore({"broadcast", "consumed_inputs"});
  const bool begins_with_channels = node.opset() < 7 && node.integer("axis", -1) == 1;
  return is_map && !begins_with_channels ? 2 : 0;
}

// A number for each pixel: (c, h, w), perhaps with a batch of 1.
bool is_image(const Shape& shape, const Shape& map) {
  const bool is_batch = shape.size() == map.size() + 1 && shape[0] == 1;
  if (map[1] * map[2] == 1 || (!is_batch && shape.size() != map.size())) return false;
  return std::equal(map.begin(), map.end(), shape.end() - static_cast<std::ptrdiff_t>(map.size()));
}

}  // namespace

bool OnnxLayers::ends_in_weights() const {
  return !layers_.empty() && (std::holds_alternative<Conv>(layers_.back()) ||
                              std::holds_alternative<Linear>(layers_.back()));
}

void OnnxLayers::cut_negatives() {
  if (cuts_negatives_ || !ends_in_weights()) return;
  cuts_negatives_ = true;
  ++last_.step;  // what is not cut off can no longer be taken
}

// The last layer's outputs times `scale`, and `shift` added: one number for each.
void OnnxLayers::fold(std::span<const float> scale, std::span<const float> shift) {
  auto& [weight, bias] = weights_.back();
  if (weight.is_borrowed()) weight = weight.clone();
  if (bias.is_borrowed()) bias = bias.clone();
  const auto outputs = static_cast<std::size_t>(bias.size());
  const std::size_t inputs = weight.values().size() / outputs;
  for (std::size_t i = 0; i < outputs; ++i) {
    for (float& value : weight.values().subspan(i * inputs, inputs)) value *= scale[i];
    float& own = bias.values()[i];
    own = own * scale[i] + shift[i];
  }
  needs_bias_ = false;
}

OnnxAffine& OnnxLayers::affine_of_images() {
  if (!affine_) affine_.emplace(static_cast<std::size_t>(last_.shape[0]));
  return *affine_;
}

// Of the images, before the first layer.
void OnnxLayers::normalize(OnnxNode& node, std::size_t input) {
  const bool is_sum = node.type() == "Add" || node.type() == "Sub";
  if (is_sum && is_image(node.constant(input).shape, last_.shape)) {
    const Size size{static_cast<int>(last_.shape[1]), static_cast<int>(last_.shape[2])};
    return affine_of_images().apply_image(node.type(), read(node.constant(input)), size);
  }
  const Tensor numbers = read_each(node, input, last_.shape[0], extents_behind(node, true));
  affine_of_images().apply(node.type(), numbers.values());
}

void OnnxLayers::arithmetic(OnnxNode& node) {
  const std::size_t constant = node.is_activation(0) ? 1 : 0;
  const std::string& type = node.type();
  if (constant == 0 && type != "Add" && type != "Mul") {
    node.unsupported("its first input must come from the images");
  }
  if (layers_.empty() && is_map()) return normalize(node, constant);
  if (!ends_in_weights()) {
    node.unsupported(
        "arithmetic can only be the images' normalisation before the first layer, or follow a Conv "
        "or Gemm, with a number for each output");
  }
  if (cuts_negatives_) node.unsupported("before it are quantised numbers that are cut off at zero");
  const Tensor numbers = read_each(node, constant, last_.shape[0], extents_behind(node, is_map()));
  std::vector<float> scale(numbers.values().size(), 1.0F);
  std::vector<float> shift(numbers.values().size(), 0.0F);
  for (std::size_t i = 0; i < scale.size(); ++i) {
    const float number = numbers.values()[i];
    if (type == "Mul") scale[i] = number;
    if (type == "Div") scale[i] = 1.0F / number;
    if (type == "Add") shift[i] = number;
    if (type == "Sub") shift[i] = -number;
  }
  fold(scale, shift);
}

// Before the first layer it normalises the images.
void OnnxLayers::batch_norm(OnnxNode& node) {
  constexpr float kEpsilon = 1e-5F;
  node.ignore({"momentum", "is_test", "consumed_inputs"});
  if (node.integer("training_mode", 0) != 0 || node.integer("spatial", 1) == 0) {
    node.unsupported("only a trained one, with a number for each channel, can be read");
  }
  if (!layers_.empty() && !ends_in_weights()) {
    node.unsupported(
        fmt::format("it can only normalise the images or be folded into a Conv or Gemm right "
                    "before it, and before it is {}",
                    layer_kind(layers_.back())));
  }
  const double epsilon = node.real("epsilon", kEpsilon);
  const std::int64_t outputs = last_.shape[0];
  const Tensor gamma = read_each(node, 1, outputs, 0);
  const Tensor beta = read_each(node, 2, outputs, 0);
  const Tensor mean = read_each(node, 3, outputs, 0);
  const Tensor variance = read_each(node, 4, outputs, 0);
  std::vector<float> scale;
  std::vector<float> shift;
  for (std::int64_t i = 0; i < outputs; ++i) {
    const double factor = gamma[i] / std::sqrt(variance[i] + epsilon);
    scale.push_back(static_cast<float>(factor));
    shift.push_back(static_cast<float>(beta[i] - mean[i] * factor));
  }
  if (!layers_.empty()) return fold(scale, shift);
  affine_of_images().apply("Mul", scale);
  affine_of_images().apply("Add", shift);
}

// Or back from there.
bool OnnxLayers::is_to_channels_last(OnnxNode& node) const {
  const auto order = node.integer_list("perm");
  const std::vector<std::int64_t> wanted = channels_last_ ? std::vector<std::int64_t>{0, 3, 1, 2}
                                                          : std::vector<std::int64_t>{0, 2, 3, 1};
  return is_map() && order == wanted;
}

// To (n, h, w, c) before the map is flattened, and perhaps back.
void OnnxLayers::transpose(OnnxNode& node) {
  const Shape shape = last_.shape;
  if (is_to_channels_last(node) && !channels_last_) {
    channels_last_ = shape;
    last_.shape = {shape[1], shape[2], shape[0]};
  } else if (is_to_channels_last(node)) {
    last_.shape = *std::exchange(channels_last_, std::nullopt);
  } else {
    node.unsupported("a map can only become (n, h, w, c), before it is flattened");
  }
}

}  // namespace alexnet
