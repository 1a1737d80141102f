#pragma once

#include <alexnet/engine.h>

#include "engine/api/division.h"
#include "engine/common/lars.h"

namespace alexnet {

/// The tensors of a training plan and all that changes them, the same for every engine.
class TrainingPlanBase : public TrainingPlan {
 public:
  /// `parameters` are whole; it keeps what this rank of the division has.
  TrainingPlanBase(const Architecture& architecture, Parameters parameters, TrainingOptions options,
                   const Division& division);

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
  bool is_rounded() const { return options_.precision == TrainingPrecision::bf16; }
  /// What products are made of: the parameters, or with bf16 a copy that follows them.
  const Parameters& factors() const { return is_rounded() ? rounded_ : parameters_; }
  /// For the engine to write what it computes.
  Parameters& computed_gradients() { return gradients_; }
  /// Called whenever values of parameters change.
  virtual void parameters_change() {}

 private:
  void parameters_were_edited();

  TrainingOptions options_;
  LayerwiseRates rates_;
  Parameters parameters_;
  Parameters gradients_;
  Parameters momentum_;
  Parameters rounded_;  // with bf16
};

}  // namespace alexnet
