#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/base/step.h"
#include "engine/cpu/simd/difference.h"

namespace alexnet::cpu {

/// Reads what a layer made of pairs of images, and leaves it as it is: how far apart their features
/// are at every position. Its images must come in whole pairs.
class Difference : public Step {
 public:
  /// `layer` makes what is compared.
  Difference(const LayerInfo& layer, std::vector<float> weights, Epsilon epsilon, int max_batch);

  std::string implementation() const override { return "native"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }

  void forward(const Work& work) override;
  /// Adds to dy the gradient of the distance, by the second image of each pair alone.
  void backward(const Work& work) override;

  /// (pairs, h, w), of the last pass.
  TensorView maps(int pairs) const;

 private:
  void add_gradient(const float* x, float* dy) const;
  std::size_t pixels() const { return height_ * width_; }

  std::size_t channels_;
  std::size_t height_;
  std::size_t width_;
  std::vector<float> weights_;
  simd::LengthGuard guard_;
  Buffer<float> maps_;
};

}  // namespace alexnet::cpu
