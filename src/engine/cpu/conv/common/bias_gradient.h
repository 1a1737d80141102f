#pragma once

#include <cstddef>

#include "core/memory.h"
#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu {

/// What the gradients of a convolution begin with.
class BiasGradient {
 public:
  BiasGradient() = default;
  /// Of a training problem's layer.
  explicit BiasGradient(const Problem& problem);

  /// Takes dy through the ReLU, if there is one, and writes the bias's gradient, if it is wanted:
  /// image by image, then all in order. The team meets after dy is written.
  void run(const Work& work, const Problem& problem);

 private:
  std::size_t channels_ = 0;
  std::size_t pixels_ = 0;
  Buffer<float> sums_;  // (images, channels)
};

}  // namespace alexnet::cpu
