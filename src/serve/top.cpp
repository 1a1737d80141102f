#include "serve/top.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "serve/problem.h"

namespace alexnet::serve {

std::vector<std::size_t> best(std::span<const float> values, int top) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto count = std::clamp(top, 1, static_cast<int>(order.size()));
  std::ranges::partial_sort(order, order.begin() + count, [&](std::size_t a, std::size_t b) {
    return std::pair(-values[a], a) < std::pair(-values[b], b);
  });
  order.resize(static_cast<std::size_t>(count));
  return order;
}

void check_finite(std::span<const float> log_probabilities) {
  // A probability of 0 is what rounding leaves of a small one.
  const bool good = std::ranges::none_of(
      log_probabilities, [](float x) { return std::isnan(x) || x > 0.001F || std::isinf(x); });
  if (!good)
    throw Problem(422, "the network's output is not finite: the input is far out of range");
}

}  // namespace alexnet::serve
