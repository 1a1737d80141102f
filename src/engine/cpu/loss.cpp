#include "engine/cpu/loss.h"

#include <algorithm>
#include <cmath>

namespace alexnet::cpu {

void log_softmax(const Team& team, const float* logits, std::size_t rows, std::size_t classes,
                 float* log_probabilities) {
  const Range part = team.share(rows);
  for (std::size_t row = part.begin; row < part.end; ++row) {
    const float* x = logits + row * classes;
    const float largest = *std::max_element(x, x + classes);
    double sum = 0.0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(x[c] - largest);
    const auto log_sum = static_cast<float>(std::log(sum));
    for (std::size_t c = 0; c < classes; ++c) {
      log_probabilities[row * classes + c] = (x[c] - largest) - log_sum;
    }
  }
}

StepResult cross_entropy(const float* log_probabilities, std::span<const std::int32_t> labels,
                         std::size_t rows, std::size_t classes, float label_smoothing,
                         float* logit_gradient) {
  const std::size_t images = labels.size();
  const float weight = 1.0F / static_cast<float>(images);
  const float spread = label_smoothing / static_cast<float>(classes);
  StepResult result;
  for (std::size_t row = 0; row < images; ++row) {
    const float* log_p = log_probabilities + row * classes;
    float* gradient = logit_gradient + row * classes;
    const auto label = static_cast<std::size_t>(labels[row]);
    double loss = 0.0;
    for (std::size_t c = 0; c < classes; ++c) {
      const float target = spread + (c == label ? 1.0F - label_smoothing : 0.0F);
      if (target > 0.0F) loss -= static_cast<double>(target) * static_cast<double>(log_p[c]);
      gradient[c] = weight * (std::exp(log_p[c]) - target);
    }
    result.loss += loss / static_cast<double>(images);
    if (std::max_element(log_p, log_p + classes) == log_p + label) ++result.correct;
  }
  std::fill(logit_gradient + images * classes, logit_gradient + rows * classes, 0.0F);
  return result;
}

}  // namespace alexnet::cpu
