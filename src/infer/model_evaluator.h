#pragma once

#include <alexnet/evaluate.h>
#include <alexnet/model.h>

#include <memory>
#include <string>
#include <vector>

#include "infer/matched_set.h"
#include "ranks/communicator.h"

namespace alexnet {

struct EvaluatorOptions {
  int batch_size = 128;                 ///< images, each crop being one
  bool ten_crops = false;               ///< the mean of ten crops' probabilities
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
  OnBadImage on_bad_image = OnBadImage::stop;
  Communicator* ranks = nullptr;  ///< that share the batches; null: one process
};

/// A model and the set that it is evaluated on, in one precision after another.
class ModelEvaluator {
 public:
  ModelEvaluator(Model model, const MatchedSet& set, const EvaluatorOptions& options);

  /// Crops of each image.
  int views() const { return views_; }

  std::unique_ptr<Plan> compile(Precision precision) const;
  /// As evaluate_crops, on all ranks; also throws Error, naming the image, for output that is not
  /// finite.
  CropsEvaluation run(Plan& plan, const EvaluationProgress& progress = {},
                      const BatchObserver& seen = {});

  /// Left out of the last run, on this rank.
  const std::vector<BadImage>& bad_images() const { return loader_.bad_images(); }

 private:
  Model model_;  // without parameters
  std::shared_ptr<const Parameters> parameters_;
  DatasetPtr dataset_;
  std::size_t unknown_classes_;
  EvaluatorOptions options_;
  int views_;
  int samples_;  // of a batch
  Loader loader_;
};

}  // namespace alexnet
