#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace alexnet::serve {

/// Indices of the `top` largest values, largest first, the earlier of equals first.
std::vector<std::size_t> best(std::span<const float> values, int top);

/// Throws Problem (422) when one is not finite: the input's values were too large.
void check_finite(std::span<const float> log_probabilities);

}  // namespace alexnet::serve
