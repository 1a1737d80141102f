#pragma once

#include <cstddef>

namespace alexnet::cpu::simd {

/// Log-softmax of each row of x (rows, classes).
void log_softmax(const float* x, std::size_t rows, std::size_t classes, float* y);

/// Of one row of log-probabilities.
struct RowSummary {
  float largest = 0.0F;
  float sum = 0.0F;
};

/// gradient = scale · (exp(log_p) − target), for the same target everywhere.
RowSummary softmax_gradient(const float* log_p, std::size_t classes, float scale, float target,
                            float* gradient);

}  // namespace alexnet::cpu::simd
