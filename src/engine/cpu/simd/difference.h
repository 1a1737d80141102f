#pragma once

#include <cmath>
#include <cstddef>

/// How far apart two pixels' features are, each divided by its length.
namespace alexnet::cpu::simd {

/// What keeps that length from being zero.
struct LengthGuard {
  float inside = 0;   ///< added to the sum of squares
  float outside = 0;  ///< added to its root

  float root(float sum_of_squares) const { return std::sqrt(inside + sum_of_squares); }
  float length(float sum_of_squares) const { return root(sum_of_squares) + outside; }
};

/// y[i] = Σ over the channels of weight · (a / |a| − b / |b|)², of `pixels` pixels of two NHWC
/// maps.
void unit_difference(std::size_t pixels, std::size_t channels, const float* a, const float* b,
                     const float* weights, const LengthGuard& guard, float* y);

}  // namespace alexnet::cpu::simd
