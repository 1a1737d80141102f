#include "formats/onnx/layers.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "formats/common/strided.h"
#include "formats/onnx/denominator.h"
#include "formats/onnx/pool.h"
#include "formats/onnx/sliding.h"
#include "formats/onnx/sums.h"
#include "model/layer_output.h"

namespace alexnet {
namespace {

constexpr std::size_t kMostLayers = 256;
constexpr std::int64_t kLargestMap = 65'536;  // to a side

int to_int(const OnnxNode& node, std::int64_t value) {
  constexpr auto kLargest = std::numeric_limits<std::int32_t>::max();
  if (value < 0 || value > kLargest) {
    node.refuse(fmt::format("{} is no size of a layer; 0 to {} can be read", value, kLargest));
  }
  return static_cast<int>(value);
}

bool is_float(std::int64_t type) {
  return type == onnx::TensorProto::FLOAT || type == onnx::TensorProto::FLOAT16 ||
         type == onnx::TensorProto::BFLOAT16 || type == onnx::TensorProto::DOUBLE;
}

// Whether `shape` numbers the outputs one by one, or is a single number: `behind` extents of 1 come
// after the outputs' own, only such before it.
bool is_each(const Shape& shape, std::int64_t outputs, std::size_t behind) {
  const bool is_single = std::ranges::all_of(shape, [](std::int64_t e) { return e == 1; });
  if (is_single || shape.size() <= behind) return is_single;
  const auto own = shape.end() - static_cast<std::ptrdiff_t>(behind) - 1;
  return *own == outputs &&
         std::count(shape.begin(), shape.end(), 1) == static_cast<std::ptrdiff_t>(shape.size()) - 1;
}

}  // namespace

OnnxLayers::OnnxLayers(OnnxTensors& tensors, const Shape& input, std::optional<std::int64_t> batch)
    : tensors_(tensors), batch_(batch), last_{.step = 0, .shape = input} {}

void OnnxLayers::need_map(const OnnxNode& node) const {
  if (!is_map()) node.unsupported("it needs a map (n, c, h, w), before Flatten");
}

void OnnxLayers::need_vector(const OnnxNode& node) const {
  if (is_map()) node.unsupported("it needs a vector (n, features), after Flatten");
}

void OnnxLayers::add(const OnnxNode& node, const Layer& layer) {
  const bool is_cut = std::exchange(cuts_negatives_, false);
  if (is_cut && !std::holds_alternative<Relu>(layer)) add(node, Relu{});
  if (layers_.size() == kMostLayers) {
    node.unsupported(fmt::format("a network of more than {} layers cannot be read", kMostLayers));
  }
  if (!layers_.empty() && std::holds_alternative<LogSoftmax>(layers_.back())) {
    node.unsupported("nothing can come after the softmax");
  }
  if (dropout_before_flatten_ && !std::holds_alternative<Flatten>(layer)) {
    node.unsupported("before it is a Dropout of a map, which can only come before Flatten");
  }
  if (pooled_width_ && !std::holds_alternative<AdaptiveAvgPool>(layer)) {
    node.unsupported("before it is a pool of columns only");
  }
  if (channels_last_ && is_map() && !std::holds_alternative<Flatten>(layer)) {
    node.unsupported(
        "before it is a Transpose to (n, h, w, c), which can only come before Flatten");
  }
  try {
    last_.shape = layer_output(layer, last_.shape);
  } catch (const Error& error) {
    node.refuse(error.what());
  }
  if (is_map() && std::max(last_.shape[1], last_.shape[2]) > kLargestMap) {
    node.refuse(fmt::format("its map {} is too large; {} to a side can be read",
                            to_string(last_.shape), kLargestMap));
  }
  layers_.push_back(layer);
  needs_bias_ = false;
}

void OnnxLayers::add_weights(Tensor weight, std::optional<Tensor> bias) {
  needs_bias_ = !bias;
  if (!bias) bias = Tensor(Shape{weight.shape()[0]});
  weights_.push_back({std::move(weight), std::move(*bias)});
}

Tensor OnnxLayers::read(const OnnxConstant& constant, bool to_change) {
  if (constant.values) return constant.values->clone();
  if (constant.tensor != nullptr) return tensors_.floats(*constant.tensor, to_change);
  return tensors_.filled(constant.shape, constant.fill);
}

Tensor OnnxLayers::matrix(OnnxNode& node, std::size_t input, bool transposed, float factor) {
  const OnnxConstant& constant = node.constant(input);
  if (constant.shape.size() != 2) node.refuse("its weights are not a matrix");
  Tensor matrix = transposed ? read_transposed(constant) : read(constant, factor != 1.0F);
  if (factor != 1.0F) {
    for (float& value : matrix.values()) value *= factor;
  }
  return matrix;
}

// Columns of a flattened (h, w, c) as those of (c, h, w).
void OnnxLayers::order_columns(Tensor& weight) {
  const auto map = std::exchange(channels_last_, std::nullopt);
  if (!map) return;
  const Shape& shape = weight.shape();
  const std::int64_t pixels = (*map)[1] * (*map)[2];
  Tensor ordered(shape);
  float* to = ordered.data();
  for (std::int64_t row = 0; row < shape[0]; ++row) {
    const float* from = weight.data() + row * shape[1];
    for (std::int64_t c = 0; c < (*map)[0]; ++c) {
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) *to++ = from[pixel * (*map)[0] + c];
    }
  }
  weight = std::move(ordered);
}

Tensor OnnxLayers::read_transposed(const OnnxConstant& constant) {
  if (constant.values) {
    Tensor transposed({constant.shape[1], constant.shape[0]});
    copy_strided(reinterpret_cast<const std::byte*>(constant.values->data()),
                 ScalarType::Kind::float32,
                 {.offset = 0, .shape = transposed.shape(), .strides = {1, constant.shape[1]}},
                 transposed.data());
    return transposed;
  }
  if (constant.tensor != nullptr) return tensors_.transposed_floats(*constant.tensor);
  return tensors_.filled({constant.shape[1], constant.shape[0]}, constant.fill);
}

Tensor OnnxLayers::read_each(OnnxNode& node, std::size_t input, std::int64_t outputs,
                             std::size_t behind) {
  const OnnxConstant& constant = node.constant(input);
  if (!is_each(constant.shape, outputs, behind)) {
    node.refuse(
        fmt::format("its constant has shape {} where {} numbers are needed, one for each "
                    "output",
                    to_string(constant.shape), outputs));
  }
  const Tensor values = read(constant);
  Tensor each(Shape{outputs});
  for (std::int64_t i = 0; i < outputs; ++i) each[i] = values[values.size() == 1 ? 0 : i];
  return each;
}

void OnnxLayers::convolution(OnnxNode& node) {
  need_map(node);
  const Shape& shape = node.constant(1).shape;
  if (shape.size() != 4) node.refuse("its weights do not have 4 axes");
  const OnnxSliding sliding = read_sliding(node, last_.shape, {shape[2], shape[3]});
  const std::int64_t groups = node.integer("group", 1);
  const auto ceil_mode = overhang(sliding, last_.shape);
  if (!sliding.is_square() || !ceil_mode) {
    node.unsupported(
        "its kernel, strides and padding must be the same for rows and columns, and the padding "
        "at the end that at the beginning or what ceil_mode makes of it");
  }
  if (groups < 1 || shape[1] != last_.shape[0] / groups) {
    node.refuse(fmt::format("its weights {} in {} groups do not fit its {} channels",
                            to_string(shape), groups, last_.shape[0]));
  }
  Tensor weight = read(node.constant(1));
  add(node, Conv{.out_channels = to_int(node, shape[0]),
                 .kernel = to_int(node, shape[2]),
                 .stride = to_int(node, sliding.axes[0].stride),
                 .padding = to_int(node, sliding.axes[0].begin),
                 .groups = to_int(node, groups),
                 .ceil_mode = *ceil_mode});
  std::optional<Tensor> bias;
  if (node.has(2)) bias = read_each(node, 2, shape[0], 0);
  add_weights(std::move(weight), std::move(bias));
}

void OnnxLayers::max_pool(OnnxNode& node) {
  need_map(node);
  node.ignore({"storage_order"});
  const OnnxSliding sliding = read_sliding(node, last_.shape);
  const auto ceil_mode = overhang(sliding, last_.shape);
  if (!sliding.is_square() || sliding.axes[0].begin != 0 || !ceil_mode) {
    node.unsupported(
        "its kernel and strides must be the same for rows and columns, and its padding none or "
        "what ceil_mode makes of it");
  }
  add(node, MaxPool{.kernel = to_int(node, sliding.axes[0].kernel),
                    .stride = to_int(node, sliding.axes[0].stride),
                    .ceil_mode = *ceil_mode});
}

void OnnxLayers::average_pool(OnnxNode& node) {
  need_map(node);
  node.ignore({"count_include_pad"});
  const OnnxSliding sliding = read_sliding(node, last_.shape);
  const Shape& outputs = sliding.outputs;
  if (sliding.is_padded() || !is_adaptive(sliding.axes[0], last_.shape[1], outputs[0]) ||
      !is_adaptive(sliding.axes[1], last_.shape[2], outputs[1])) {
    node.unsupported(fmt::format("its windows on {} are not those of an adaptive pool to {}",
                                 to_string(last_.shape), to_string(outputs)));
  }
  add(node, AdaptiveAvgPool{.height = to_int(node, outputs[0]), .width = to_int(node, outputs[1])});
}

void OnnxLayers::global_pool(OnnxNode& node) {
  need_map(node);
  add(node, AdaptiveAvgPool{.height = 1, .width = 1});
}

// Attribute `axes` before opset 18, an input since.
void OnnxLayers::mean(OnnxNode& node) {
  need_map(node);
  node.ignore({"noop_with_empty_axes"});
  auto axes = node.has(1) ? node.known_integers(1) : node.integer_list("axes");
  for (std::int64_t& axis : axes) axis += axis < 0 ? 4 : 0;
  std::ranges::sort(axes);
  if (axes != std::vector<std::int64_t>{2, 3})
    node.unsupported("its axes must be rows and columns");
  add(node, AdaptiveAvgPool{.height = 1, .width = 1});
  if (node.integer("keepdims", 1) == 0) make_vector(node);
}

void OnnxLayers::norm(OnnxNode& node) {
  need_map(node);
  constexpr float kAlpha = 1e-4F;
  constexpr float kBeta = 0.75F;
  const int size = to_int(node, node.integer("size", 0));
  if (size % 2 == 0) node.unsupported(fmt::format("its size {} must be odd", size));
  add(node, LocalResponseNorm{.size = size,
                              .k = node.real("bias", 1.0F),
                              .alpha = node.real("alpha", kAlpha),
                              .beta = node.real("beta", kBeta),
                              .divide_by_size = true});
}

// Attribute `ratio` before opset 12, an input since.
void OnnxLayers::dropout(OnnxNode& node) {
  node.ignore({"seed", "is_test", "consumed_inputs"});
  Dropout layer{.probability = node.real("ratio", 0.5F)};
  if (node.has(1)) layer.probability = read_each(node, 1, 1, 0)[0];
  if (!(layer.probability >= 0.0F && layer.probability < 1.0F)) {
    node.refuse(fmt::format("its ratio {} is not in [0, 1)", layer.probability));
  }
  if (!is_map()) return add(node, layer);
  if (dropout_before_flatten_) node.unsupported("before it is another Dropout");
  dropout_before_flatten_ = layer;
}

void OnnxLayers::flatten(OnnxNode& node) {
  const std::int64_t axis = node.integer("axis", 1);
  const auto axes = static_cast<std::int64_t>(last_.shape.size()) + 1;
  if (axis != 1 && axis != 1 - axes) node.unsupported("only its axis 1 can be read");
  make_vector(node);
}

void OnnxLayers::make_vector(const OnnxNode& node) {
  if (!is_map()) return;
  add(node, Flatten{});
  const auto dropout = std::exchange(dropout_before_flatten_, std::nullopt);
  if (dropout) add(node, *dropout);
}

// (n, features), however the graph comes by the numbers; attribute `shape` before opset 5.
void OnnxLayers::reshape(OnnxNode& node) {
  const bool zero_copies = node.integer("allowzero", 0) == 0;
  OnnxIntegers shape;
  if (node.input_count() > 1) {
    shape = node.integers(1);
  } else {
    const auto list = node.integer_list("shape");
    shape.values.assign(list.begin(), list.end());
  }
  auto& to = shape.values;
  const std::int64_t features = element_count(last_.shape);
  if (to.size() != 2) node.unsupported("it must make (n, features)");
  if (to[0] == 0 && zero_copies) to[0] = batch_;
  if (to[1] == 0 && zero_copies && !is_map()) to[1] = features;
  // Of unknown batches, only the very number keeps the images apart.
  const bool keeps_images = !to[0] || to[0] == batch_;
  const bool counts_features = to[1] == features;
  const bool works = keeps_images ? counts_features || to[1] == -1
                                  : counts_features && (*to[0] == -1 || *to[0] > 0);
  if (!works) {
    node.refuse(fmt::format("it must make (n, {}) of {}", features, to_string(last_.shape)));
  }
  make_vector(node);
}

void OnnxLayers::gemm(OnnxNode& node) {
  need_vector(node);
  node.ignore({"broadcast"});
  if (node.integer("transA", 0) != 0)
    node.unsupported("transA is not something that the engines have");
  const bool is_ours = node.integer("transB", 0) != 0;
  const float alpha = node.real("alpha", 1.0F);
  const float beta = node.real("beta", 1.0F);
  const Shape& shape = node.constant(1).shape;
  if (shape.size() != 2 || shape[is_ours ? 1 : 0] != last_.shape[0]) {
    node.refuse(
        fmt::format("its weights {} do not fit its {} inputs", to_string(shape), last_.shape[0]));
  }
  Tensor weight = matrix(node, 1, !is_ours, alpha);
  order_columns(weight);
  add(node, Linear{to_int(node, weight.shape()[0])});
  std::optional<Tensor> bias;
  if (node.has(2)) bias = read_each(node, 2, last_.shape[0], 0);
  if (bias) {
    for (float& value : bias->values()) value *= beta;
  }
  add_weights(std::move(weight), std::move(bias));
}

void OnnxLayers::product(OnnxNode& node) {
  if (is_map()) return pooling_product(node);
  if (!node.is_activation(0)) node.unsupported("its first input must come from the images");
  const Shape& shape = node.constant(1).shape;
  if (shape.size() != 2 || shape[0] != last_.shape[0]) {
    node.refuse(
        fmt::format("its weights {} do not fit its {} inputs", to_string(shape), last_.shape[0]));
  }
  Tensor weight = matrix(node, 1, true);
  order_columns(weight);
  add(node, Linear{to_int(node, weight.shape()[0])});
  add_weights(std::move(weight), std::nullopt);
}

// Columns (w, out) from the right, then rows (out, h) from the left: an adaptive pool.
void OnnxLayers::pooling_product(OnnxNode& node) {
  const bool are_columns = node.is_activation(0);
  const std::size_t other = are_columns ? 1 : 0;
  const Tensor shares = matrix(node, other, are_columns);  // (out, in)
  const std::int64_t out = shares.shape()[0];
  const std::int64_t in = last_.shape[are_columns ? 2 : 1];
  const bool is_next = are_columns != pooled_width_.has_value();
  if (!is_next || shares.shape()[1] != in || out < 1 || out > kLargestMap ||
      !std::ranges::equal(shares.values(), pooling_matrix(in, out).values())) {
    node.unsupported("of a map, only products that amount to an adaptive pool can be read");
  }
  if (are_columns) {
    pooled_width_ = out;
    return;
  }
  add(node, AdaptiveAvgPool{.height = to_int(node, out), .width = to_int(node, *pooled_width_)});
  pooled_width_.reset();
}

void OnnxLayers::softmax(OnnxNode& node) {
  need_vector(node);
  const std::int64_t axis = node.integer("axis", 1);
  if (axis != 1 && axis != -1) node.unsupported("only its axis 1 can be read");
  if (channels_last_) node.unsupported("before it is a flattened map (n, h, w, c)");
  add(node, LogSoftmax{});
}

void OnnxLayers::cast(OnnxNode& node) {
  node.ignore({"saturate"});
  if (!is_float(node.integer("to", 0))) node.unsupported("images and maps can only become floats");
}

// x / (k + alpha * mean)^beta
void OnnxLayers::divide(OnnxNode& node, const OnnxDenominator& by) {
  if (by.step != last_.step || by.stage != OnnxDenominator::Stage::raised) {
    node.unsupported("it divides by what is no whole local response normalisation");
  }
  if (by.norm.size % 2 == 0) {
    node.unsupported(fmt::format("its size {} must be odd", by.norm.size));
  }
  add(node, by.norm);
  ++last_.step;
}

OnnxValue OnnxLayers::sum(OnnxNode& node) {
  OnnxSums sums = advance_sums(node, tensors_);
  const auto size = sums.step == last_.step ? adaptive_size(sums) : std::nullopt;
  if (!size) return sums;
  add(node, AdaptiveAvgPool{.height = to_int(node, (*size)[0]), .width = to_int(node, (*size)[1])});
  ++last_.step;
  return last_;
}

OnnxValue OnnxLayers::apply(OnnxNode& node) {
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (node.is_activation(i) && node.activation(i).step != last_.step) {
      node.unsupported("the graph branches here; only a chain of layers can be read");
    }
  }
  if (node.type() == "Identity" && node.is_activation(0)) return last_;
  if (auto square = begin_denominator(node, tensors_)) return *square;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const OnnxDenominator* denominator = node.denominator(i);
    if (denominator == nullptr) continue;
    if (node.type() != "Div" || i != 1) return advance_denominator(node, *denominator, tensors_);
    divide(node, *denominator);
    return last_;
  }
  if (is_map() && node.type() == "Transpose" && !is_to_channels_last(node)) {
    if (auto sums = begin_sums(last_, node.integer_list("perm"))) return *sums;
  }
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (node.sums(i) != nullptr) return sum(node);
  }
  using Function = void (OnnxLayers::*)(OnnxNode&);
  static const std::map<std::string_view, Function> functions{
      {"Add", &OnnxLayers::arithmetic},
      {"AveragePool", &OnnxLayers::average_pool},
      {"BatchNormalization", &OnnxLayers::batch_norm},
      {"Cast", &OnnxLayers::cast},
      {"Conv", &OnnxLayers::convolution},
      {"Div", &OnnxLayers::arithmetic},
      {"Dropout", &OnnxLayers::dropout},
      {"Flatten", &OnnxLayers::flatten},
      {"Gemm", &OnnxLayers::gemm},
      {"GlobalAveragePool", &OnnxLayers::global_pool},
      {"LRN", &OnnxLayers::norm},
      {"LogSoftmax", &OnnxLayers::softmax},
      {"MatMul", &OnnxLayers::product},
      {"MaxPool", &OnnxLayers::max_pool},
      {"Mul", &OnnxLayers::arithmetic},
      {"ReduceMean", &OnnxLayers::mean},
      {"Reshape", &OnnxLayers::reshape},
      {"Softmax", &OnnxLayers::softmax},
      {"Sub", &OnnxLayers::arithmetic},
      {"Transpose", &OnnxLayers::transpose},
  };
  if (node.type() == "Relu") {
    add(node, Relu{});
  } else if (const auto found = functions.find(node.type()); found != functions.end()) {
    (this->*found->second)(node);
  } else {
    node.unsupported("it is not a layer that the engines have");
  }
  ++last_.step;
  return last_;
}

std::vector<Layer> OnnxLayers::take_layers() {
  if (layers_.empty() || !std::holds_alternative<LogSoftmax>(layers_.back())) {
    layers_.emplace_back(LogSoftmax{});
  }
  return std::move(layers_);
}

}  // namespace alexnet
