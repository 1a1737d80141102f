#pragma once

#include <alexnet/engine.h>
#include <alexnet/loader.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/api/division.h"
#include "ranks/sum_of_gradients.h"

namespace alexnet {

/// The images of a batch's largest part.
int largest_part(int batch_size, int parts);

/// Computes full batches part by part, each rank its own parts. Loss and gradients of all are added
/// up in order, or in the fixed tree of SumOfParts: they depend on the number of parts and not on
/// that of the ranks. Gradients of divided parameters the plan adds up by itself.
class StepInParts {
 public:
  /// The division's ranks must outlive it. `threads` add up; 0: all processors.
  StepInParts(const Architecture& architecture, const Division& division, int batch_size,
              int threads);

  /// What this rank's loader is to give of each batch.
  BatchShare share() const;

  /// Leaves the gradients of the whole batch in `plan`, on every rank those that it has; `own` is
  /// this rank's share of it. Called by all ranks.
  StepResult compute(TrainingPlan& plan, const Batch& own, std::uint32_t step);

 private:
  int rounds() const;
  int first_image(int part) const;
  StepResult compute_part(TrainingPlan& plan, const Batch& own, std::uint32_t step, int part);
  StepResult add_up(const std::vector<StepResult>& own);

  Division division_;
  Communicator& ranks_;
  DividedParameters divided_;
  int batch_size_;
  int parts_;
  SumOfGradients gradients_;
  std::vector<std::string> learning_;  // parameters that have gradients to be added up here
};

}  // namespace alexnet
