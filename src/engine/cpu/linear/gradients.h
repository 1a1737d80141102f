#pragma once

#include <cstddef>

#include "engine/cpu/linear/forward.h"

/// The gradients of y = x · Wᵀ + b, from dy (n, out):
///
///     dW (out, in) = dyᵀ · x        db (out) = Σ_n dy        dx (n, in) = dy · W
namespace alexnet::cpu::linear {

struct Gradients {
  std::size_t images = 0;
  Sizes sizes;
  const float* weight = nullptr;
  const float* x = nullptr;
  const float* y = nullptr;  ///< the layer's output where a ReLU is part of it, else null
  const float* dy = nullptr;
  float* dx = nullptr;               ///< may be null
  float* weight_gradient = nullptr;  ///< may be null, with the next
  float* bias_gradient = nullptr;
};

Scratch gradients_scratch(std::size_t images, Sizes sizes, const BlockSizes& blocks);
/// Called by all threads of the team.
void compute(const Gradients& gradients, const Team& team, const BlockSizes& blocks, float* shared,
             float* per_thread);

}  // namespace alexnet::cpu::linear
