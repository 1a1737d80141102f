#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <string>

#include "core/memory.h"
#include "engine/cpu/linear/forward.h"
#include "engine/cpu/linear/stored_weights.h"

/// y (out,) = W · x (in,) + b of a single image, perhaps with a ReLU, from halves or bytes. W (out,
/// in) is stored transposed: the weights of an input, a column of W, lie side by side, and are not
/// read where that input is zero, as half of them and more are after a ReLU.
namespace alexnet::cpu::linear {

class Columns {
 public:
  /// Why a layer is not computed so; empty if it can be.
  static std::string why_not(Sizes sizes);

  /// `weight` and `bias` must outlive it.
  Columns(Sizes sizes, const Tensor& weight, const float* bias, bool relu, Precision precision);

  /// Rounds the weights again.
  void pack(const Team& team);
  Scratch scratch() const;
  void run(const Team& team, const float* x, float* y, float* per_thread) const;

 private:
  struct Parts;
  Parts divide(float* per_thread) const;
  std::size_t stride() const;
  template <class Weight>
  void multiply(Range outputs, std::size_t count, const Weight* stored, const Parts& parts) const;
  void finish(Range outputs, const float* sums, float* y) const;

  Sizes sizes_;
  const Tensor& weight_;
  const float* bias_;
  bool relu_;
  Precision precision_;
  StoredWeights stored_;  // (in, stride)
  Buffer<float> scales_;  // (out,) what a stored 1 is worth
};

}  // namespace alexnet::cpu::linear
