#pragma once

#include <alexnet/architecture.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "formats/onnx/affine.h"
#include "formats/onnx/node.h"
#include "formats/onnx/tensors.h"

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
  OnnxValue apply(OnnxNode& node);
  const OnnxActivation& last() const { return last_; }
  /// What came last is cut off below zero, unless nothing follows.
  void cut_negatives();
  /// Whether what came last still waits for its other half.
  bool is_open() const { return channels_last_ || pooled_width_ || dropout_before_flatten_; }

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
  void divide(OnnxNode& node, const OnnxDenominator& by);
  void dropout(OnnxNode& node);
  void flatten(OnnxNode& node);
  void reshape(OnnxNode& node);
  void make_vector(const OnnxNode& node);
  void gemm(OnnxNode& node);
  void product(OnnxNode& node);
  void pooling_product(OnnxNode& node);
  OnnxValue sum(OnnxNode& node);
  bool is_to_channels_last(OnnxNode& node) const;
  void transpose(OnnxNode& node);
  void arithmetic(OnnxNode& node);
  void batch_norm(OnnxNode& node);
  bool ends_in_weights() const;
  void fold(std::span<const float> scale, std::span<const float> shift);
  OnnxAffine& affine_of_images();
  void normalize(OnnxNode& node, std::size_t input);
  void softmax(OnnxNode& node);
  void cast(OnnxNode& node);

  Tensor matrix(OnnxNode& node, std::size_t input, bool transposed, float factor = 1.0F);
  void order_columns(Tensor& weight);
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
  std::optional<Shape> channels_last_;        // (c, h, w) that the graph has as (h, w, c)
  bool cuts_negatives_ = false;               // a Relu is to come
  bool needs_bias_ = false;                   // the last layer had none
};

}  // namespace alexnet
