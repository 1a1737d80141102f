#pragma once

#include <cstddef>

#include "core/memory.h"
#include "engine/cpu/base/step.h"
#include "engine/cpu/conv/winograd/filter.h"
#include "engine/cpu/conv/winograd/grid.h"

namespace alexnet::cpu::winograd {

/// The gradient of a stride-1 convolution's weights in Winograd form, on the forward's tiles:
///
///     x  ──Bᵀ·B──▶ V (frequency; piece of depth; tile, width)
///     dy ──A·A───▶ W (frequency; panel; tile, width)        dU += Vᵀ W, over all tiles
///     dU (frequency; depth, lanes) ──Gᵀ·G──▶ dw
///
/// Where dU is small the images are cut into parts, each summed by one thread into a dU of its own,
/// and these are added at the end; a large one is shared, and the threads divide its frequencies.
class WeightGradient {
 public:
  WeightGradient(const Maps& maps, Filter filter, std::size_t images);

  std::size_t multiply_adds() const;  ///< of one image, after the transforms
  Scratch scratch() const;
  /// dw, whole, from all `images`.
  void run(const Team& team, std::size_t images, const float* x, const float* dy, float* dw,
           float* shared, float* per_thread) const;

 private:
  struct Matrices {
    float* v;
    float* w;
    float* du;
  };
  std::size_t pieces() const { return (filter_.depth + width_ - 1) / width_; }
  std::size_t panels() const { return (filter_.lanes + width_ - 1) / width_; }
  std::size_t du_size() const;
  std::size_t v_size() const { return grid_.most_floats(block_units_, pieces() * width_); }
  std::size_t w_size() const { return grid_.most_floats(block_units_, panels() * width_); }
  void sum_parts(const Team& team, std::size_t images, const float* x, const float* dy, float* du,
                 float* per_thread) const;
  void sum_images(const Team& team, Range images, const float* x, const float* dy,
                  const Matrices& matrices) const;
  void transform_inputs(Range some, const Block& block, const float* x, float* v) const;
  void transform_gradients(Range some, const Block& block, const float* dy, float* w) const;
  void multiply(Range some, const Block& block, const Matrices& matrices, bool accumulate) const;
  void transform_sums(Range some, const float* du, float* dw) const;

  Grid grid_;
  Filter filter_;
  std::size_t width_;
  std::size_t most_parts_;
  bool in_parts_;
  std::size_t block_units_;
  Buffer<float> zeros_;
};

}  // namespace alexnet::cpu::winograd
