#pragma once

#include <span>
#include <vector>

namespace alexnet {

/// The logarithm of the mean of several images' softmax: (views, classes) log-probabilities, side
/// by side, to (classes).
std::vector<float> average_softmax(std::span<const float> log_probabilities, std::size_t views);

}  // namespace alexnet
