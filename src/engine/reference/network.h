#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "engine/common/layer_times.h"
#include "engine/common/pixel_scaling.h"
#include "engine/reference/layers.h"

namespace alexnet::reference {

/// The mask of a layer's dropout.
using LayerMask = std::function<MaskKey(std::size_t layer)>;

/// The layers in a row, with all activations kept.
class Network {
 public:
  /// Keeps references to the tensors. `gradients` null: none of the weights.
  Network(const Architecture& architecture, const Parameters& parameters, Parameters* gradients,
          const Normalization& normalization);

  void forward(const Images& images, const LayerMask& mask);
  /// From the output of layer `end` − 1 down to the input of layer `first`.
  Map backward(Map gradient, std::size_t end, std::size_t first, const GradientReady& ready = {});

  /// Of a layer, in the last forward pass.
  const Map& output(std::size_t layer) const { return activations_[layer + 1]; }
  const Map& logits() const { return activations_[activations_.size() - 2]; }
  const Map& log_probabilities() const { return activations_.back(); }
  /// The input of Flatten.
  const Map& features() const;

  const std::vector<LayerInfo>& infos() const { return infos_; }
  std::vector<LayerPlan> layers() const;
  void measure_layers() { times_.start(); }

 private:
  PixelScaling scaling_;
  std::vector<LayerInfo> infos_;
  std::vector<std::unique_ptr<ReferenceLayer>> layers_;
  std::vector<Map> activations_;  // [i] is the input of layer i, the last the log-probabilities
  LayerTimes times_;
};

}  // namespace alexnet::reference
