#pragma once

#include <alexnet/engine.h>
#include <alexnet/explain.h>
#include <alexnet/lpips.h>
#include <alexnet/model.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace alexnet::serve {

/// A model with the plan that the executor's thread runs. A reload makes another; requests in
/// progress keep the one that they began with.
struct ServedModel {
  std::string name;
  std::string weights;  ///< file or run folder that they were read from
  Model model;          ///< without parameters
  std::unique_ptr<Plan> plan;
  std::unique_ptr<Explainer> explainer;  ///< made by the executor's thread on first use
  std::unique_ptr<Lpips> lpips;          ///< likewise, with a copy of the convolutions
  std::atomic<double> batch_seconds{0};  ///< that a batch takes, rather too many than too few

  int classes() const { return model.architecture.classes(); }
  /// Float32 weights, for explanations. Where the plan has narrower ones they are read again, once.
  /// Throws Problem (409) when they have changed since, or Error.
  std::shared_ptr<const Parameters> full_parameters();
  /// The model without parameters, and with a Preprocess that leaves prepared images as they are.
  Model description() const;
  /// Values of one image.
  std::size_t image_size() const;

  std::mutex reading;
  std::shared_ptr<const Parameters> parameters;   ///< null: not read again yet
  std::string hash;                               ///< model_hash, where they would be
  std::function<Model(const std::string&)> read;  ///< of `weights`
};

/// Compiles on the calling thread, and computes an image to see how long it takes. Throws Error
/// when the model does not fit together or its preprocessing does not give what its network takes.
/// `read` reads weights again.
std::shared_ptr<ServedModel> make_served_model(
    std::string name, std::string weights, Model model, InferenceOptions options,
    std::function<Model(const std::string& weights)> read);

}  // namespace alexnet::serve
