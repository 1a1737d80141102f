#pragma once

#include <alexnet/engine.h>

#include <cstdint>
#include <span>

namespace alexnet::cpu {

/// Log-softmax of each row of `logits` (rows, classes).
void log_softmax(const float* logits, std::int64_t rows, std::int64_t classes,
                 float* log_probabilities);

/// Mean cross-entropy of the labelled rows, with label smoothing, and its gradient by the logits:
/// (softmax − target) / images. Rows past the labels get a zero gradient, so that they add nothing.
StepResult cross_entropy(const float* log_probabilities, std::span<const std::int32_t> labels,
                         std::int64_t rows, std::int64_t classes, float label_smoothing,
                         float* logit_gradient);

}  // namespace alexnet::cpu
