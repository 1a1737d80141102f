#pragma once

#include <alexnet/engine.h>

#include <memory>
#include <vector>

#include "engine/batch.h"
#include "engine/cpu/step.h"

namespace alexnet::cpu {

/// A network compiled to steps and buffers.
///
/// A *value* is what flows between steps: value 0 is the input, the last is the logits. Inference
/// keeps only the features and the logits and lets the other values take turns in two buffers;
/// training keeps every value for the way back, and lets the gradients take turns.
class Program {
 public:
  /// `gradients` null: inference only. Keeps references to the tensors.
  Program(const Architecture& architecture, const Parameters& parameters, Parameters* gradients,
          const PlanOptions& options);

  const Architecture& architecture() const { return architecture_; }
  const PlanOptions& options() const { return options_; }
  const std::vector<LayerPlan>& layers() const { return layers_; }
  int classes() const { return classes_; }

  /// Must be called whenever weights have changed.
  void pack();

  /// Checks and loads the images, runs the steps; the result says which batch size it took.
  Pass forward(const Images& images, Pass pass);
  Outputs outputs(int images) const;

  /// Loss and gradients of the pass just run with `training`.
  StepResult backward(const Pass& pass, std::span<const std::int32_t> labels, float label_smoothing,
                      const GradientReady& ready);

 private:
  /// A layer that does something, with its place in the flow.
  struct Node {
    std::size_t layer;
    bool relu;
    std::size_t input;  // values
    std::size_t output;
  };

  void plan_values(const std::vector<LayerInfo>& infos);
  void allocate(bool training);
  void make_steps(const std::vector<LayerInfo>& infos, const Parameters& parameters,
                  Parameters* gradients);
  void make_step(const Node& node, Problem problem);
  float* gradient(std::size_t value);

  Architecture architecture_;
  PlanOptions options_;
  PixelScaling scaling_;
  std::vector<int> batches_;  // prepared sizes, largest first
  int classes_;

  std::vector<Node> nodes_;
  std::vector<std::int64_t> value_sizes_;  // floats an image
  std::size_t features_value_ = 0;
  Shape features_shape_;

  std::vector<Tensor> buffers_;
  std::vector<float*> values_;
  std::vector<Tensor> gradient_buffers_;  // two, taking turns; none at inference
  Tensor log_probabilities_;

  std::vector<std::unique_ptr<Step>> steps_;   // one a node
  std::vector<std::string> parameter_layers_;  // one a node: "features.0", or "" without parameters
  std::vector<LayerPlan> layers_;
};

}  // namespace alexnet::cpu
