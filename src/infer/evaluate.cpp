#include <alexnet/error.h>
#include <alexnet/evaluate.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>

#include "infer/average_softmax.h"
#include "infer/evaluate_on_ranks.h"
#include "ranks/together.h"

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

// What an image's output says of its label.
struct Judged {
  std::uint32_t label = 0;
  std::uint32_t predicted = 0;
  std::uint32_t rank = 0;     // of a label that the network knows
  float log_probability = 0;  // of that
};

struct JudgedSample {
  std::uint32_t index = 0;  // in the data set
  Judged averaged;
  Judged centre;
};
static_assert(std::is_trivially_copyable_v<JudgedSample>);

class Judge {
 public:
  Judge(std::size_t classes, std::size_t unknown_classes)
      : classes_(classes), labels_(classes + unknown_classes) {}

  std::vector<JudgedSample> operator()(const Batch& batch, const Outputs& outputs) const {
    const std::span<const float> all = outputs.log_probabilities.values;
    const auto views = static_cast<std::size_t>(batch.views);
    std::vector<JudgedSample> judged;
    judged.reserve(batch.labels.size());
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
      const auto own = all.subspan(i * views * classes_, views * classes_);
      const Judged centre = of_one(own.first(classes_), batch.labels[i]);
      judged.push_back(
          {.index = batch.indices[i],
           .averaged = views == 1 ? centre : of_one(average_softmax(own, views), batch.labels[i]),
           .centre = centre});
    }
    return judged;
  }

 private:
  Judged of_one(std::span<const float> log_probabilities, std::int32_t label) const {
    if (label < 0 || static_cast<std::size_t>(label) >= labels_) {
      throw Error(fmt::format("label {} is outside the network's {} classes", label, classes_));
    }
    const auto row = static_cast<std::size_t>(label);
    Judged judged{.label = static_cast<std::uint32_t>(label)};
    if (row >= classes_) return judged;
    judged.predicted = static_cast<std::uint32_t>(std::ranges::max_element(log_probabilities) -
                                                  log_probabilities.begin());
    judged.rank = static_cast<std::uint32_t>(rank_of(log_probabilities, row));
    judged.log_probability = log_probabilities[row];
    return judged;
  }

  std::size_t classes_;
  std::size_t labels_;
};

// Adds up counts; `finish` turns them into shares.
class Tally {
 public:
  Tally(std::size_t classes, std::size_t unknown_classes) {
    result_.confusion.assign(classes, std::vector<std::int64_t>(classes));
    result_.unknown.assign(unknown_classes, 0);
  }

  void add(const Judged& judged) {
    const std::size_t classes = result_.confusion.size();
    ++seen_;
    if (judged.label >= classes) {
      ++result_.unknown[judged.label - classes];
      return;
    }
    loss_ -= judged.log_probability;
    top1_ += judged.rank == 0 ? 1 : 0;
    top5_ += judged.rank < kTop ? 1 : 0;
    ++result_.confusion[judged.label][judged.predicted];
    ++result_.images;
  }

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

std::string to_bytes(const std::vector<JudgedSample>& judged) {
  return {reinterpret_cast<const char*>(judged.data()), judged.size() * sizeof(JudgedSample)};
}

void append(const std::string& bytes, std::vector<JudgedSample>& all) {
  const std::size_t before = all.size();
  all.resize(before + bytes.size() / sizeof(JudgedSample));
  std::memcpy(all.data() + before, bytes.data(), bytes.size());
}

}  // namespace

double Evaluation::class_accuracy(std::size_t label) const {
  const std::vector<std::int64_t>& row = confusion.at(label);
  const std::int64_t total = std::accumulate(row.begin(), row.end(), std::int64_t{0});
  if (total == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(row[label]) / static_cast<double>(total);
}

// A round gives a batch of each rank, or none where it has fewer. Plans run between what ranks
// agree on, as ranks may meet in them.
CropsEvaluation evaluate_crops(Communicator& ranks, Plan& plan, Loader& loader,
                               const EvaluationProgress& progress, const BatchObserver& seen,
                               std::size_t unknown_classes, const std::function<void()>& idle) {
  const auto classes = static_cast<std::size_t>(plan.architecture().classes());
  const auto total = static_cast<std::int64_t>(loader.samples_per_epoch());
  const Judge judge(classes, unknown_classes);
  const Batch* batch = nullptr;
  Outputs outputs;
  const auto load = [&] {
    batch = loader.next();
    return std::string(batch == nullptr ? "" : "1");
  };
  const auto judge_batch = [&] {
    if (batch == nullptr) return std::string();
    if (seen) seen(*batch, outputs);
    return to_bytes(judge(*batch, outputs));
  };
  std::vector<JudgedSample> all;
  loader.start(0);
  while (!std::ranges::all_of(together(ranks, load), &std::string::empty)) {
    if (batch != nullptr) {
      outputs = plan.run(batch->images());
    } else if (idle) {
      idle();
    }
    for (const std::string& judged : together(ranks, judge_batch)) append(judged, all);
    if (progress) progress(static_cast<std::int64_t>(all.size()), total);
  }
  if (ranks.size() > 1) std::ranges::sort(all, {}, &JudgedSample::index);
  Tally averaged(classes, unknown_classes);
  Tally centre(classes, unknown_classes);
  for (const JudgedSample& sample : all) {
    averaged.add(sample.averaged);
    centre.add(sample.centre);
  }
  CropsEvaluation result;
  do_together(ranks, [&] { result = {.averaged = averaged.finish(), .centre = centre.finish()}; });
  return result;
}

CropsEvaluation evaluate_crops(Plan& plan, Loader& loader, const EvaluationProgress& progress,
                               const BatchObserver& seen, std::size_t unknown_classes) {
  return evaluate_crops(*alone(), plan, loader, progress, seen, unknown_classes);
}

Evaluation evaluate(Plan& plan, Loader& loader, const EvaluationProgress& progress,
                    const BatchObserver& seen, std::size_t unknown_classes) {
  return evaluate_crops(plan, loader, progress, seen, unknown_classes).averaged;
}

}  // namespace alexnet
