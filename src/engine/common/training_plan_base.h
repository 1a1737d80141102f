#pragma once

#include <alexnet/engine.h>

namespace alexnet {

/// The tensors of a training plan and all that changes them, the same for every engine.
class TrainingPlanBase : public TrainingPlan {
 public:
  TrainingPlanBase(const Architecture& architecture, Parameters parameters,
                   TrainingOptions options);

  int max_batch() const override { return options_.max_batch; }
  void update(float learning_rate) override;

  const Parameters& parameters() const override { return parameters_; }
  const Parameters& momentum() const override { return momentum_; }
  const Parameters& gradients() const override { return gradients_; }
  void edit_parameters(const ParametersEdit& edit) override;
  void edit_momentum(const ParametersEdit& edit) override;
  void edit_gradients(const ParametersEdit& edit) override;

 protected:
  const TrainingOptions& options() const { return options_; }
  /// For the engine to write what it computes.
  Parameters& computed_gradients() { return gradients_; }
  /// Called whenever values of parameters change.
  virtual void parameters_change() {}

 private:
  TrainingOptions options_;
  Parameters parameters_;
  Parameters gradients_;
  Parameters momentum_;
};

}  // namespace alexnet
