#pragma once

#include <alexnet/engine.h>
#include <alexnet/explain.h>
#include <alexnet/model.h>

#include <chrono>
#include <memory>
#include <string>

namespace alexnet::serve {

/// One generation of weights under a name: what requests need to know of it, and the plan that the
/// executor's thread runs. A reload makes another; requests stay with the one that took them in.
struct ServedModel {
  std::string name;
  std::string weights;  ///< where they were read
  Model model;          ///< its parameters are in `parameters`
  std::shared_ptr<const Parameters> parameters;
  std::unique_ptr<Plan> plan;
  std::unique_ptr<Explainer> explainer;  ///< made by the executor's thread when first asked

  int classes() const { return model.architecture.classes(); }
  /// The model without its parameters, for images that are prepared already.
  Model description() const;
  /// Values of one image.
  std::size_t image_size() const;
};

/// Copies parameters that lie in a mapped file, which may be written over before a reload.
void take_out_of_file(Parameters& parameters);

/// Compiles on the calling thread. Throws Error when the model does not fit together or its
/// preprocessing does not give what its network takes.
std::shared_ptr<ServedModel> make_served_model(std::string name, std::string weights, Model model,
                                               PlanOptions options);

}  // namespace alexnet::serve
