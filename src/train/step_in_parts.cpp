#include "train/step_in_parts.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "ranks/together.h"

namespace alexnet {

namespace {

// Of parameters that every rank has as a whole.
std::size_t floats_outside(const DividedParameters& divided, const Architecture& architecture) {
  std::int64_t floats = 0;
  for (const ParameterSpec& parameter : architecture.parameters()) {
    if (!divided.contains(parameter.name)) floats += element_count(parameter.shape);
  }
  return static_cast<std::size_t>(floats);
}

}  // namespace

int largest_part(int batch_size, int parts) {
  return (batch_size + parts - 1) / parts;
}

StepInParts::StepInParts(const Architecture& architecture, const Division& division, int batch_size,
                         int threads)
    : division_(division),
      ranks_(*division.ranks),
      divided_(division),
      batch_size_(batch_size),
      parts_(division.parts),
      gradients_(ranks_, parts_, floats_outside(divided_, architecture), threads) {}

BatchShare StepInParts::share() const {
  const OwnParts own = parts_of_rank(ranks_, parts_);
  return {.begin = own.begin, .end = own.end, .parts = parts_};
}

// In which every rank computes a part, or none where it has fewer.
int StepInParts::rounds() const {
  int most = 0;
  for (int rank = 0; rank < ranks_.size(); ++rank) {
    const OwnParts parts = parts_of_rank(rank, ranks_.size(), parts_);
    most = std::max(most, parts.end - parts.begin);
  }
  return most;
}

// As the loader cuts batches.
int StepInParts::first_image(int part) const {
  return static_cast<int>(std::int64_t{batch_size_} * part / parts_);
}

StepResult StepInParts::compute(TrainingPlan& plan, const Batch& own, std::uint32_t step) {
  const OwnParts parts = parts_of_rank(ranks_, parts_);
  std::vector<StepResult> results;
  results.reserve(static_cast<std::size_t>(parts.end - parts.begin));
  for (int part = parts.begin; part < parts.begin + rounds(); ++part) {
    if (part >= parts.end) {
      if (!division_.by_rows.empty()) plan.compute_gradients(Images{}, {}, step);
      continue;
    }
    results.push_back(compute_part(plan, own, step, part));
  }
  plan.edit_gradients([&](Parameters& gradients) {
    std::vector<std::span<float>> sums;
    sums.reserve(learning_.size());
    for (const std::string& name : learning_) sums.push_back(gradients.at(name).values());
    gradients_.finish(sums);
  });
  return add_up(results);
}

StepResult StepInParts::compute_part(TrainingPlan& plan, const Batch& own, std::uint32_t step,
                                     int part) {
  const int first = first_image(part);
  const int images = first_image(part + 1) - first;
  const int before = first - first_image(parts_of_rank(ranks_, parts_).begin);
  const std::span<const std::int32_t> labels(own.labels);
  learning_.clear();
  gradients_.begin_part(part);
  const StepResult result = plan.compute_gradients(
      own.images().part(before, images),
      labels.subspan(static_cast<std::size_t>(before), static_cast<std::size_t>(images)), step,
      [&](std::string_view name) {
        if (divided_.contains(name)) return;
        gradients_.add(plan.gradients().at(learning_.emplace_back(name)).values());
      },
      {.first = first, .batch = batch_size_});
  gradients_.end_part();
  return result;
}

StepResult StepInParts::add_up(const std::vector<StepResult>& own) {
  static_assert(std::is_trivially_copyable_v<StepResult>);
  const std::string_view bytes(reinterpret_cast<const char*>(own.data()),
                               own.size() * sizeof(StepResult));
  StepResult sum;
  for (const std::string& of_rank : all_gather(ranks_, bytes)) {
    for (std::size_t at = 0; at < of_rank.size(); at += sizeof(StepResult)) {
      StepResult part;
      std::memcpy(&part, of_rank.data() + at, sizeof part);
      sum.loss += part.loss;
      sum.correct += part.correct;
    }
  }
  return sum;
}

}  // namespace alexnet
