#include <alexnet/error.h>
#include <alexnet/evaluate.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

#include "infer/average_softmax.h"

namespace alexnet {
namespace {

constexpr std::size_t kTop = 5;

// Classes that come before the label when sorted by probability; ties go to the lower index, and a
// label whose probability is not a number comes last.
std::size_t rank_of(std::span<const float> log_probabilities, std::size_t label) {
  const float own = log_probabilities[label];
  std::size_t rank = 0;
  for (std::size_t i = 0; i < log_probabilities.size(); ++i) {
    const bool tie_lost = log_probabilities[i] == own && i >= label;
    if (i != label && !(log_probabilities[i] < own || tie_lost)) ++rank;
  }
  return rank;
}

// Adds up counts; `finish` turns them into shares.
class Tally {
 public:
  Tally(std::size_t classes, std::size_t unknown_classes) {
    result_.confusion.assign(classes, std::vector<std::int64_t>(classes));
    result_.unknown.assign(unknown_classes, 0);
  }

  void add(std::span<const float> log_probabilities, std::int32_t label) {
    const std::size_t classes = result_.confusion.size();
    if (label < 0 || static_cast<std::size_t>(label) >= classes + result_.unknown.size()) {
      throw Error(fmt::format("label {} is outside the network's {} classes", label, classes));
    }
    const auto row = static_cast<std::size_t>(label);
    ++seen_;
    if (row >= classes) {
      ++result_.unknown[row - classes];
      return;
    }
    const auto predicted = static_cast<std::size_t>(std::ranges::max_element(log_probabilities) -
                                                    log_probabilities.begin());
    const std::size_t rank = rank_of(log_probabilities, row);
    loss_ -= log_probabilities[row];
    top1_ += rank == 0 ? 1 : 0;
    top5_ += rank < kTop ? 1 : 0;
    ++result_.confusion[row][predicted];
    ++result_.images;
  }

  std::int64_t seen() const { return seen_; }

  Evaluation finish() {
    if (seen_ == 0) throw Error("not one image of the set can be decoded; alexnet check says why");
    if (result_.images == 0) {
      throw Error(fmt::format(
          "{} of a class that the network knows",
          seen_ == 1 ? "the image is not" : fmt::format("not one of the {} images is", seen_)));
    }
    const auto images = static_cast<double>(result_.images);
    result_.loss = loss_ / images;
    result_.top1 = static_cast<double>(top1_) / images;
    result_.top5 = static_cast<double>(top5_) / images;
    return std::move(result_);
  }

 private:
  Evaluation result_;
  std::int64_t seen_ = 0;
  double loss_ = 0;
  std::int64_t top1_ = 0;
  std::int64_t top5_ = 0;
};

}  // namespace

double Evaluation::class_accuracy(std::size_t label) const {
  const std::vector<std::int64_t>& row = confusion.at(label);
  const std::int64_t total = std::accumulate(row.begin(), row.end(), std::int64_t{0});
  if (total == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(row[label]) / static_cast<double>(total);
}

CropsEvaluation evaluate_crops(Plan& plan, Loader& loader, const EvaluationProgress& progress,
                               const BatchObserver& seen, std::size_t unknown_classes) {
  const auto classes = static_cast<std::size_t>(plan.architecture().classes());
  const auto total = static_cast<std::int64_t>(loader.samples_per_epoch());
  Tally averaged(classes, unknown_classes);
  Tally centre(classes, unknown_classes);
  loader.start(0);
  while (const Batch* batch = loader.next()) {
    const Outputs outputs = plan.run(batch->images());
    const std::span<const float> all = outputs.log_probabilities.values;
    const auto views = static_cast<std::size_t>(batch->views);
    for (std::size_t i = 0; i < batch->labels.size(); ++i) {
      const auto own = all.subspan(i * views * classes, views * classes);
      centre.add(own.first(classes), batch->labels[i]);
      if (views == 1) {
        averaged.add(own, batch->labels[i]);
      } else {
        averaged.add(average_softmax(own, views), batch->labels[i]);
      }
    }
    if (seen) seen(*batch, outputs);
    if (progress) progress(averaged.seen(), total);
  }
  return {.averaged = averaged.finish(), .centre = centre.finish()};
}

Evaluation evaluate(Plan& plan, Loader& loader, const EvaluationProgress& progress,
                    const BatchObserver& seen, std::size_t unknown_classes) {
  return evaluate_crops(plan, loader, progress, seen, unknown_classes).averaged;
}

}  // namespace alexnet
