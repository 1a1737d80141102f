#pragma once

#include <cmath>
#include <limits>
#include <ranges>

/// How far two computations of the same thing may differ: once, for all tests.
namespace alexnet::tolerances {

/// ‖a − b‖ / ‖b‖ of logits and gradients: the reference engine and oneDNN against the truth.
inline constexpr double kRelative = 1e-4;

/// The same of the momentum after ten steps. Sooner or later rounding turns over one near tie of a
/// max-pool or a ReLU, which moves a gradient by up to 2e-2: in PyTorch's own float32, perturbing
/// the weights by an ulp moves this momentum by up to 2.4e-3.
inline constexpr double kMomentum = 1e-2;

/// ‖a − b‖ / ‖b‖. Infinite when the lengths differ, or when only b is all zeros.
template <std::ranges::input_range A, std::ranges::input_range B>
double relative_error(const A& a, const B& b) {
  if (std::ranges::size(a) != std::ranges::size(b)) return std::numeric_limits<double>::infinity();
  double difference = 0;
  double norm = 0;
  auto left = std::ranges::begin(a);
  for (const auto value : b) {
    const auto right = static_cast<double>(value);
    const double gap = static_cast<double>(*left++) - right;
    difference += gap * gap;
    norm += right * right;
  }
  return difference == 0 ? 0 : std::sqrt(difference / norm);
}

}  // namespace alexnet::tolerances
