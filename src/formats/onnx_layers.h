#pragma once

#include <alexnet/architecture.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "formats/onnx_affine.h"
#include "formats/onnx_node.h"
#include "formats/onnx_tensors.h"

namespace alexnet {

/// A layer's parameters, in the order of the layers that have some.
struct OnnxWeights {
  Tensor weight;
  Tensor bias;
};

/// The layers that a graph's nodes amount to, one behind the other.
class OnnxLayers {
 public:
  /// Images of `input` (c, h, w); `batch` where the graph fixes it.
  OnnxLayers(OnnxTensors& tensors, const Shape& input, std::optional<std::int64_t> batch);

  /// The result of a node that takes what came last. Throws Error, naming file and node, when it is
  /// no layer.
  OnnxActivation apply(OnnxNode& node);
  const OnnxActivation& last() const { return last_; }

  /// All of them, ending in LogSoftmax.
  std::vector<Layer> take_layers();
  std::vector<OnnxWeights> take_weights() { return std::move(weights_); }
  /// Of the images, before the first layer.
  const std::optional<OnnxAffine>& affine() const { return affine_; }

 private:
  bool is_map() const { return last_.shape.size() == 3; }
  void need_map(const OnnxNode& node) const;
  void need_vector(const OnnxNode& node) const;
  void add(const OnnxNode& node, const Layer& layer);
  void add_weights(Tensor weight, std::optional<Tensor> bias);

  void convolution(OnnxNode& node);
  void max_pool(OnnxNode& node);
  void average_pool(OnnxNode& node);
  void global_pool(OnnxNode& node);
  void mean(OnnxNode& node);
  void norm(OnnxNode& node);
  void dropout(OnnxNode& node);
  void flatten(OnnxNode& node);
  void reshape(OnnxNode& node);
  void make_vector(const OnnxNode& node);
  void gemm(OnnxNode& node);
  void product(OnnxNode& node);
  void pooling_product(OnnxNode& node);
  void arithmetic(OnnxNode& node);
  void bias(OnnxNode& node, std::size_t input);
  void scale(OnnxNode& node, std::size_t input);
  void softmax(OnnxNode& node);
  void cast(OnnxNode& node);

  Tensor matrix(OnnxNode& node, std::size_t input, bool transposed, float factor = 1.0F);
  Tensor read(const OnnxConstant& constant, bool to_change = false);
  Tensor read_transposed(const OnnxConstant& constant);
  Tensor read_each(OnnxNode& node, std::size_t input, std::int64_t outputs, std::size_t behind);

  OnnxTensors& tensors_;
  std::optional<std::int64_t> batch_;
  OnnxActivation last_;
  std::vector<Layer> layers_;
  std::vector<OnnxWeights> weights_;
  std::optional<OnnxAffine> affine_;
  std::optional<Dropout> dropout_before_flatten_;
  std::optional<std::int64_t> pooled_width_;  // columns are pooled, the rows not yet
  bool needs_bias_ = false;                   // the last layer had none
};

}  // namespace alexnet
