#pragma once

#include <alexnet/engine.h>
#include <alexnet/image.h>
#include <alexnet/model.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

struct Prediction {
  std::string label;       ///< the class's name
  int index = 0;           ///< the class's label, from 0
  double probability = 0;  ///< 0 … 1
};

struct ClassifierOptions {
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
  Precision precision = Precision::fp32;
  bool ten_crops = false;  ///< the mean of ten crops' probabilities in place of the centre's
};

/// The `top` most probable classes, best first. `log_probabilities` has one a class: (classes,).
/// Throws Error when they are not finite.
std::vector<Prediction> most_probable(std::span<const float> log_probabilities,
                                      const std::vector<std::string>& classes, int top);

/// A model ready to classify images: decoded, preprocessed and normalised as in its training. Not
/// thread-safe.
class Classifier {
 public:
  /// Throws Error when the model does not fit together.
  explicit Classifier(Model model, const ClassifierOptions& options = {});

  const Model& model() const { return model_; }
  /// How each layer is computed.
  std::vector<LayerPlan> layers() const { return plan_->layers(); }

  /// The `top` most probable classes, best first. Throws Error when the image is empty, or the
  /// network's output is not finite.
  std::vector<Prediction> classify(const Image& image, int top = 5);
  /// Reads and classifies a file. Throws Error when it cannot be read or decoded.
  std::vector<Prediction> classify(const std::filesystem::path& path, int top = 5);

 private:
  std::span<const float> run(const Image& image);

  Model model_;                    // its parameters live in the plan
  std::vector<Placement> places_;  // none: the centre crop
  std::unique_ptr<Plan> plan_;
};

}  // namespace alexnet
#pragma GCC visibility pop
