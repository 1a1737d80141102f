#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/team.h"

namespace alexnet::cpu {

/// Log-softmax of each row of `logits` (rows, classes). Called by all threads of the team.
void log_softmax(const parallel::Team& team, const float* logits, std::size_t rows,
                 std::size_t classes, float* log_probabilities);

/// Cross-entropy of the labelled rows as the mean over a batch of so many, with label smoothing,
/// and its gradient by the logits: (softmax − target) / batch. Rows past the labels get a zero
/// gradient, so that they add nothing. Called by one thread: so little work that the loss is simply
/// summed in the order of the rows.
StepResult cross_entropy(const float* log_probabilities, std::span<const std::int32_t> labels,
                         int batch, std::size_t rows, std::size_t classes, float label_smoothing,
                         float* logit_gradient);

}  // namespace alexnet::cpu
