#include "infer/average_softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace alexnet {

std::vector<float> average_softmax(std::span<const float> log_probabilities, std::size_t views) {
  const std::size_t classes = log_probabilities.size() / views;
  std::vector<float> result(classes);
  for (std::size_t c = 0; c < classes; ++c) {
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t v = 0; v < views; ++v) {
      largest = std::max(largest, double{log_probabilities[v * classes + c]});
    }
    double sum = 0;  // of at most 1 each, so that nothing underflows to no probability at all
    for (std::size_t v = 0; v < views; ++v) {
      sum += std::exp(double{log_probabilities[v * classes + c]} - largest);
    }
    result[c] = static_cast<float>(largest + std::log(sum / static_cast<double>(views)));
  }
  return result;
}

}  // namespace alexnet
