#pragma once

#include <alexnet/engine.h>
#include <alexnet/loader.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace alexnet {

/// How a network does on a labelled set.
struct Evaluation {
  std::int64_t images = 0;
  double loss = 0;  ///< mean cross-entropy
  double top1 = 0;  ///< share of images whose label is the most probable class
  double top5 = 0;  ///< share of images whose label is among the five most probable
  /// confusion[label][predicted]: counts.
  std::vector<std::vector<std::int64_t>> confusion;

  /// Share of a class's images that are recognised; NaN for a class without images.
  double class_accuracy(std::size_t label) const;
};

/// Of a loader that gives several crops an image.
struct CropsEvaluation {
  Evaluation averaged;  ///< of the mean of all crops' probabilities
  Evaluation centre;    ///< of the first crop alone
};

/// Hears (images done, images in all).
using EvaluationProgress = std::function<void(std::int64_t, std::int64_t)>;
/// Sees each batch with what the plan made of it.
using BatchObserver = std::function<void(const Batch&, const Outputs&)>;

/// Runs the whole of `loader` (epoch 0) through `plan`, whose batches have room for all crops.
/// Throws Error when a label is outside the plan's classes.
CropsEvaluation evaluate_crops(Plan& plan, Loader& loader, const EvaluationProgress& progress = {},
                               const BatchObserver& seen = {});

/// evaluate_crops' averaged.
Evaluation evaluate(Plan& plan, Loader& loader, const EvaluationProgress& progress = {},
                    const BatchObserver& seen = {});

}  // namespace alexnet
