#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/base/step.h"
#include "engine/cpu/linear/block_sizes.h"
#include "engine/cpu/linear/stored_weights.h"

/// y (n, out) = x (n, in) · Wᵀ + b, perhaps with a ReLU. W is (out, in).
namespace alexnet::cpu::linear {

struct Sizes {
  std::size_t in = 0;
  std::size_t out = 0;
};

class Forward {
 public:
  /// `weight` and `bias` must outlive it; fp32 weights are read where they lie.
  Forward(Sizes sizes, const Tensor& weight, const float* bias, bool relu, Precision precision,
          const BlockSizes& blocks);

  /// Rounds the weights again, unless they are fp32.
  void pack(const Team& team);
  Scratch scratch(std::size_t images) const;
  void run(const Team& team, std::size_t images, const float* x, float* y, float* shared) const;
  /// What run() moves besides reading x and the weights and writing y once.
  std::vector<Stream> streams(std::size_t images) const;

 private:
  struct Parts;
  Parts divide(std::size_t images, float* shared) const;
  bool by_panels(std::size_t images) const;
  void pack_images(std::size_t image, std::size_t images, const float* x, const Parts& parts) const;
  void multiply_panels(Range rows, std::size_t images, const Parts& parts) const;
  template <class Use>
  void with_products(Range rows, std::size_t images, const Parts& parts, const Use& use) const;
  void multiply(Range rows, std::size_t images, const Parts& parts) const;
  std::vector<Stream> panel_streams(std::size_t images) const;
  std::vector<Stream> dot_streams(std::size_t images) const;
  void finish(Range rows, std::size_t images, const Parts& parts, float* y) const;

  Sizes sizes_;
  const Tensor& matrix_;
  const float* weight_;  // fp32
  const float* bias_;
  bool relu_;
  Precision precision_;
  BlockSizes blocks_;
  StoredWeights stored_;      // rows of simd::stored_depth(in)
  Buffer<float> row_scales_;  // what a stored 1 is worth
};

}  // namespace alexnet::cpu::linear
