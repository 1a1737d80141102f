#pragma once

#include <cstddef>
#include <cstdint>

#include "core/memory.h"
#include "engine/cpu/simd/byte_windows.h"
#include "engine/cpu/simd/halves.h"
#include "engine/cpu/simd/tiles.h"

namespace alexnet::cpu::simd {

/// What becomes of sums of some neighbouring outputs. Arrays have `count` entries, and readable
/// ones up to the next multiple of 16.
struct TileOutputs {
  const float* bias = nullptr;
  const float* scales = nullptr;       ///< of bytes: what a weight's 1 is worth
  const std::int32_t* sums = nullptr;  ///< of bytes: Σ_k of the weights
  std::size_t count = 0;
  bool relu = false;
};

/// y = sum + bias, or for bytes scale · x.scale · (sum − x.zero · sum of weights) + bias.
void finish(const float* sums, const TileOutputs& outputs, const ByteRounding& x, float* y);
void finish(const std::int32_t* sums, const TileOutputs& outputs, const ByteRounding& x, float* y);

/// The weights of a layer as B, and what finishes its outputs: panels of 16 outputs each.
template <class Weight>
class TileWeights {
 public:
  TileWeights() = default;
  /// Whole panels of outputs.
  TileWeights(std::size_t outputs, std::size_t steps)
      : steps_(steps),
        weights_(outputs * steps * kTileDepth<Weight>),
        bias_(outputs),
        scales_(outputs),
        sums_(outputs) {}

  std::size_t steps() const { return steps_; }
  std::size_t depth() const { return steps_ * kTileDepth<Weight>; }
  std::size_t bytes() const {
    return weights_.size() * sizeof(Weight) + bias_.size() * sizeof(float) +
           (sizeof(Weight) == 1 ? 2 * bias_.size() * sizeof(float) : 0);
  }
  const Weight* panel(std::size_t first_output) const {
    return weights_.data() + first_output * depth();
  }
  std::size_t panel_stride() const { return kTileLines * depth(); }
  TileOutputs outputs(std::size_t first, std::size_t count, bool relu) const {
    return {bias_.data() + first, scales_.data() + first, sums_.data() + first, count, relu};
  }

  /// Rounds an output's weights; `rounded` is filled up with zeros to depth().
  void round(std::size_t output, const float* row, std::size_t count, float bias, Weight* rounded);
  /// The same of a row that was rounded elsewhere, so that a 1 is worth `scale`.
  void describe(std::size_t output, float scale, float bias, std::size_t count, Weight* rounded);
  /// Puts the rounded weights of 16 outputs in their places, (16, depth()).
  void place(std::size_t first_output, const Weight* rounded);

 private:
  std::size_t steps_ = 0;
  Buffer<Weight> weights_;  // (panel; step; a tile)
  Buffer<float> bias_;
  Buffer<float> scales_;
  Buffer<std::int32_t> sums_;
};

extern template class TileWeights<Bfloat16>;
extern template class TileWeights<std::int8_t>;

}  // namespace alexnet::cpu::simd
