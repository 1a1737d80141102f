#pragma once

#include <alexnet/engine.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/api/division.h"
#include "engine/cpu/base/step.h"
#include "engine/cpu/layers/difference.h"

namespace alexnet::cpu {

/// A step with its place in the flow of values. Value 0 is the input, the last the logits, or what
/// the last layer of a trunk makes.
struct Node {
  std::unique_ptr<Step> step;
  std::size_t layer;  ///< index of its layer; the input's loading counts to the first
  std::size_t input;  ///< values
  std::size_t output;
  std::string parameters;       ///< "features.0", or ""
  bool has_backward = true;     ///< false where the gradient takes another way, or ends before
  bool input_gradient = false;  ///< dx is needed
};

/// A network as steps, before it has memory.
struct Flow {
  std::vector<Node> nodes;
  std::vector<std::int64_t> value_sizes;  ///< floats an image
  std::size_t features_value = 0;
  Shape features_shape;
  std::vector<LayerPlan> layers;
  std::vector<std::size_t> layer_values;  ///< what each layer gives; but for kept_layers after the
                                          ///< ReLU that follows it
  std::vector<const Difference*> differences;  ///< among the steps, one for each tap
};

struct FlowOptions {
  Division division;
  Precision precision = Precision::fp32;
  bool bf16_products = false;  ///< weights are rounded to bf16, tiles may round the rest too
  Normalization normalization;
  bool backward = false;  ///< gradients go back from the logits, those of the weights or not
  std::size_t backward_ends = 0;  ///< at this layer: the first that has gradients of its weights
                                  ///< and needs none of its input
  bool image_gradient = false;    ///< gradients go back to the images
  std::vector<int> batches;       ///< prepared sizes, largest first
  std::span<const std::size_t> kept_layers;  ///< whose outputs are wanted, before a ReLU as well;
                                             ///< none with gradients
  std::span<const DistanceTap> taps;         ///< where pairs of images are compared, whose small
                                             ///< differences rounding must not hide
  Epsilon epsilon = Epsilon::lpips;
};

/// Chooses an implementation for each layer. A ReLU goes with the layer before it; a layer that has
/// nothing to do gets no step. `gradients` null: none of the weights. Keeps references to the
/// tensors. Throws Error when a layer has no implementation.
Flow make_flow(const Architecture& architecture, const Parameters& parameters,
               Parameters* gradients, const FlowOptions& options);

}  // namespace alexnet::cpu
