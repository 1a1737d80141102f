#pragma once

#include <alexnet/engine.h>
#include <alexnet/lpips.h>
#include <alexnet/model.h>
#include <alexnet/tensor.h>
#include <alexnet_c.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What the handles of the C interface are.

struct alexnet_model {
  std::shared_ptr<const alexnet::Model> model;
  std::vector<alexnet::ParameterSpec> tensors;
  std::string json;
};

struct alexnet_session {
  alexnet::Model description;  // without parameters
  std::unique_ptr<alexnet::Plan> plan;
  alexnet::InspectionPlan* inspection = nullptr;  // plan, where it is one
  std::string layer;                              // that it keeps
  std::optional<alexnet::Outputs> outputs;        // of the last run
  alexnet::Tensor activations;                    // of that run, once they were asked for
};

struct alexnet_trainer {
  alexnet::Model description;  // without parameters
  std::unique_ptr<alexnet::TrainingPlan> plan;
};

struct alexnet_lpips {
  explicit alexnet_lpips(alexnet::Lpips known) : metric(std::move(known)) {}

  alexnet::Lpips metric;
  alexnet::Tensor last;  // map or gradient
};

namespace alexnet::capi {

/// A model that the caller of the interface will free. Throws Error unless classes and
/// preprocessing fit the network.
alexnet_model* new_model(Model model);

/// The model without its parameters.
Model description_of(const Model& model);

}  // namespace alexnet::capi
