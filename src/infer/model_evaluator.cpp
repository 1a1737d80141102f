#include "infer/model_evaluator.h"

#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "core/threads.h"
#include "infer/evaluate_on_ranks.h"
#include "infer/finite.h"

namespace alexnet {
namespace {

// Output that is not finite is no prediction.
void check_output(const Dataset& dataset, const Batch& batch, const Outputs& outputs) {
  const std::span all = outputs.log_probabilities.values;
  const std::size_t each = all.size() / batch.indices.size();
  for (std::size_t i = 0; i < batch.indices.size(); ++i) {
    require_finite(all.subspan(i * each, each),
                   fmt::format("the network's output for {}", dataset.name(batch.indices[i])));
  }
}

int views_of(const Preprocess& preprocess, bool ten_crops) {
  return ten_crops ? static_cast<int>(ten_crop_placements(preprocess).size()) : 1;
}

Rank turn_of(const Communicator* ranks) {
  return ranks == nullptr ? Rank{} : Rank{.index = ranks->rank(), .count = ranks->size()};
}

}  // namespace

ModelEvaluator::ModelEvaluator(Model model, const MatchedSet& set, const EvaluatorOptions& options)
    : model_(std::move(model)),
      parameters_(std::make_shared<const Parameters>(std::move(model_.parameters))),
      dataset_(set.dataset),
      unknown_classes_(set.unknown.size()),
      options_(options),
      views_(views_of(model_.preprocess, options.ten_crops)),
      samples_(std::max(options.batch_size / views_, 1)),
      loader_(dataset_, {.batch_size = samples_,
                         .workers = reading_threads(),
                         .preprocess = model_.preprocess,
                         .ten_crops = options.ten_crops,
                         .batches = turn_of(options.ranks),
                         .on_bad_image = options.on_bad_image}) {}

std::unique_ptr<Plan> ModelEvaluator::compile(Precision precision) const {
  return alexnet::compile(
      model_.architecture, parameters_,
      {{.engine = options_.engine,
        .max_batch = samples_ * views_,
        .threads = options_.ranks == nullptr ? options_.threads
                                             : threads_of_rank(*options_.ranks, options_.threads),
        .normalization = model_.normalization},
       precision});
}

CropsEvaluation ModelEvaluator::run(Plan& plan, const EvaluationProgress& progress,
                                    const BatchObserver& seen) {
  const auto check = [&](const Batch& batch, const Outputs& outputs) {
    check_output(*dataset_, batch, outputs);
    if (seen) seen(batch, outputs);
  };
  if (options_.ranks == nullptr) {
    return evaluate_crops(plan, loader_, progress, check, unknown_classes_);
  }
  return evaluate_crops(*options_.ranks, plan, loader_, progress, check, unknown_classes_);
}

}  // namespace alexnet
