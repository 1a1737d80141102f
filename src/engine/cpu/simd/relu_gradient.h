#pragma once

#include <cstddef>

#include "core/team.h"

/// The backward pass of a fused ReLU: dy = 0 where y <= 0.
namespace alexnet::cpu::simd {

/// Outside of parallel regions: has threads of its own.
void mask_relu_gradient(float* dy, const float* y, std::size_t count);
/// Called by all threads of a team, each of which takes its share.
void mask_relu_gradient(const parallel::Team& team, float* dy, const float* y, std::size_t count);

}  // namespace alexnet::cpu::simd
