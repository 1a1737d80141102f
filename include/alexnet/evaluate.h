#pragma once

#include <alexnet/engine.h>
#include <alexnet/loader.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// How a network does on a labelled set.
struct Evaluation {
  std::int64_t images = 0;  ///< of classes that the network has
  double loss = 0;          ///< mean cross-entropy
  double top1 = 0;          ///< share of images whose label is the most probable class
  double top5 = 0;          ///< share of images whose label is among the five most probable
  /// confusion[label][predicted]: counts.
  std::vector<std::vector<std::int64_t>> confusion;
  /// Images of each class that the network does not have; in none of the figures above.
  std::vector<std::int64_t> unknown;

  /// Share of a class's images that are recognised; NaN for a class without images.
  double class_accuracy(std::size_t label) const;
};

/// A quotient by zero is 0.
struct Score {
  double precision = 0;  ///< share of the images taken for the class that are of it
  double recall = 0;     ///< share of the class's images that are recognised
  double f1 = 0;         ///< harmonic mean of both
};

/// As scikit-learn's precision_recall_fscore_support with zero_division=0.
struct ClassScores {
  std::vector<Score> classes;  ///< by label
  Score macro;                 ///< mean over the classes that occur as a label or a prediction
  Score weighted;              ///< mean over the images
};

/// `confusion` as in Evaluation.
ClassScores class_scores(const std::vector<std::vector<std::int64_t>>& confusion);

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
/// Labels of `unknown_classes` classes that the network does not have follow those of its own.
/// Throws Error when a label is outside both, or no image is of the network's classes.
CropsEvaluation evaluate_crops(Plan& plan, Loader& loader, const EvaluationProgress& progress = {},
                               const BatchObserver& seen = {}, std::size_t unknown_classes = 0);

/// evaluate_crops' averaged.
Evaluation evaluate(Plan& plan, Loader& loader, const EvaluationProgress& progress = {},
                    const BatchObserver& seen = {}, std::size_t unknown_classes = 0);

}  // namespace alexnet
#pragma GCC visibility pop
