#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/cpu/base/implementation.h"
#include "engine/cpu/simd/halves.h"

namespace alexnet::cpu::linear {

/// The gradients of a fully-connected layer (gradients.h) by products of tiles of bf16:
///
///     dW (out, in) = dyᵀ (out, n) · x (n, in)        dx (n, in) = dy (n, out) · W (out, in)
///
/// On the left are dyᵀ and dy, rounded once. The rows of x and W are the depth; each thread takes
/// some columns of both, in pairs of rows.
class TileGradients {
 public:
  explicit TileGradients(const Problem& problem);

  Scratch scratch() const;
  /// Called by all threads of the team; also takes dy through the ReLU.
  void run(const Work& work) const;

 private:
  /// Rounded rows: the depth side by side, filled up with zeros to whole tiles.
  struct Rows {
    simd::Bfloat16* values;
    std::size_t count;   // without what fills up
    std::size_t depth;   // the same
    std::size_t stride;  // elements
  };

  std::size_t max_images() const { return static_cast<std::size_t>(problem_.max_batch()); }
  std::size_t right_size() const;
  Rows turned_rows(std::size_t images, float* shared) const;
  Rows plain_rows(std::size_t images, float* shared) const;
  float* turned_floats(float* shared) const;

  void mask(const Work& work) const;
  void round_turned(const Work& work, const Rows& rows) const;
  void round_plain(const Work& work, const Rows& rows) const;
  void weight_gradient(const Work& work, const Rows& left, std::size_t column) const;
  void data_gradient(const Work& work, const Rows& left, std::size_t column) const;
  void multiply(const Rows& left, std::size_t columns, float* to, float* per_thread) const;

  Problem problem_;
  std::size_t in_;
  std::size_t out_;
  std::vector<std::uint32_t> offsets_;  // of the steps
};

}  // namespace alexnet::cpu::linear
