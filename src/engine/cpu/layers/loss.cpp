#include "engine/cpu/layers/loss.h"

#include <algorithm>
#include <cmath>

#include "engine/cpu/simd/softmax.h"

namespace alexnet::cpu {
namespace {

// Whether the label is the first of the largest.
bool is_largest(const float* log_p, std::size_t label, float largest) {
  return log_p[label] == largest && std::find(log_p, log_p + label, largest) == log_p + label;
}

}  // namespace

void log_softmax(const parallel::Team& team, const float* logits, std::size_t rows,
                 std::size_t classes, float* log_probabilities) {
  team.each(rows, 1, [&](parallel::Range part) {
    const std::size_t offset = part.begin * classes;
    simd::log_softmax(logits + offset, part.size(), classes, log_probabilities + offset);
  });
}

StepResult cross_entropy(const float* log_probabilities, std::span<const std::int32_t> labels,
                         int batch, std::size_t rows, std::size_t classes, float label_smoothing,
                         float* logit_gradient) {
  const std::size_t images = labels.size();
  const float weight = 1.0F / static_cast<float>(batch);
  const float spread = label_smoothing / static_cast<float>(classes);
  const float rest = 1.0F - label_smoothing;
  double loss = 0.0;
  int correct = 0;
  for (std::size_t row = 0; row < images; ++row) {
    const float* log_p = log_probabilities + row * classes;
    float* gradient = logit_gradient + row * classes;
    const auto label = static_cast<std::size_t>(labels[row]);
    const simd::RowSummary all = simd::softmax_gradient(log_p, classes, weight, spread, gradient);
    gradient[label] = weight * (std::exp(log_p[label]) - (spread + rest));
    loss -= static_cast<double>(rest) * static_cast<double>(log_p[label]);
    if (spread > 0.0F) loss -= static_cast<double>(spread) * static_cast<double>(all.sum);
    if (is_largest(log_p, label, all.largest)) ++correct;
  }
  std::fill(logit_gradient + images * classes, logit_gradient + rows * classes, 0.0F);
  return {.loss = loss / static_cast<double>(batch), .correct = correct};
}

}  // namespace alexnet::cpu
