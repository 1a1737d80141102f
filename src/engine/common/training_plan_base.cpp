#include "engine/common/training_plan_base.h"

#include <alexnet/error.h>

#include <string>
#include <utility>
#include <vector>

#include "core/threads.h"
#include "engine/common/sgd.h"

namespace alexnet {
namespace {

// What is written in every step belongs in memory of its own, not in a mapped file's pages.
Parameters without_borrowed(Parameters parameters) {
  copy_borrowed(parameters);
  return parameters;
}

Parameters zeros_like(const Parameters& parameters) {
  Parameters zeros;
  for (const NamedTensor& entry : parameters) zeros.add(entry.name, Tensor(entry.tensor.shape()));
  return zeros;
}

struct Place {
  std::string name;
  Shape shape;
  const float* memory;
  bool operator==(const Place&) const = default;
};

std::vector<Place> places(const Parameters& parameters) {
  std::vector<Place> found;
  for (const NamedTensor& entry : parameters) {
    found.push_back({entry.name, entry.tensor.shape(), entry.tensor.data()});
  }
  return found;
}

// Layers keep pointers to the tensors.
void edit_values(Parameters& parameters, const ParametersEdit& edit) {
  const std::vector<Place> before = places(parameters);
  edit(parameters);
  if (places(parameters) == before) return;
  throw Error(
      "an edit of a training plan's tensors replaced, renamed or added some; copy values into the "
      "existing ones");
}

}  // namespace

TrainingPlanBase::TrainingPlanBase(const Architecture& architecture, Parameters parameters,
                                   TrainingOptions options, const Division& division)
    : options_(std::move(options)),
      rates_(architecture, division),
      parameters_(without_borrowed(DividedParameters(division).own(std::move(parameters)))),
      gradients_(zeros_like(parameters_)),
      momentum_(zeros_like(parameters_)) {
  if (!is_rounded()) return;
  rounded_ = zeros_like(parameters_);
  const ThreadTeam team(options_.threads);
  round_weights(parameters_, rounded_);
}

void TrainingPlanBase::update(float learning_rate) {
  const ThreadTeam team(options_.threads);
  parameters_change();
  std::vector<LayerRate> factors;
  if (options_.sgd.optimizer == Optimizer::lars) {
    factors = rates_.factors(options_.sgd, parameters_, gradients_);
  }
  sgd_update(options_.sgd, options_.layer_rates, learning_rate, parameters_, gradients_, momentum_,
             is_rounded() ? &rounded_ : nullptr, factors);
}

void TrainingPlanBase::edit_parameters(const ParametersEdit& edit) {
  // Afterwards, because the edit itself may run the plan; also when it throws midway.
  try {
    edit_values(parameters_, edit);
  } catch (...) {
    parameters_were_edited();
    throw;
  }
  parameters_were_edited();
}

void TrainingPlanBase::parameters_were_edited() {
  parameters_change();
  if (!is_rounded()) return;
  const ThreadTeam team(options_.threads);
  round_weights(parameters_, rounded_);
}

void TrainingPlanBase::edit_momentum(const ParametersEdit& edit) {
  edit_values(momentum_, edit);
}

void TrainingPlanBase::edit_gradients(const ParametersEdit& edit) {
  edit_values(gradients_, edit);
}

}  // namespace alexnet
