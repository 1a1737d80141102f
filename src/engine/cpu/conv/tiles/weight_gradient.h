#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/conv/common/padded_map.h"
#include "engine/cpu/conv/common/stride_one.h"
#include "engine/cpu/simd/halves.h"

namespace alexnet::cpu::tiles {

/// The gradient of a stride-1 convolution's weights, by products of tiles of bf16: for each tap a
/// matrix
///
///     dw (tap; lane, channel) = Σ_p dy (lane, p) · x (p + offset of the tap, channel)
///
/// over the positions p of some images' maps, read flat one behind the other, margins included,
/// where dy is zero. dy is turned over, so that positions lie side by side. Of x there are two
/// copies with the positions in pairs, from an even and from an odd one on: so every tap finds its
/// tiles whole, and nothing is copied for a tap.
class WeightGradient {
 public:
  WeightGradient(const Maps& maps, const Filter& filter, std::size_t max_images);

  Scratch scratch() const;
  /// dw as the layer's weights, from all `images`. Sums go through the images in order, eight
  /// (kImagesAtOnce) at a time, however many threads there are.
  void run(const Team& team, std::size_t images, const float* x, const float* dy, float* dw,
           float* shared, float* per_thread);

 private:
  /// Of some images' x and dy.
  struct Operands {
    std::size_t images;
    simd::Bfloat16* maps;   // (image, group, position, depth)
    simd::Bfloat16* pairs;  // (copy, group, panel of channels, pair, 16 channels, 2)
    simd::Bfloat16* lanes;  // (group, lane, position)
  };

  std::size_t taps() const { return filter_.taps * filter_.taps; }
  std::size_t panels() const;
  std::size_t steps(std::size_t images) const;
  std::size_t pairs_size() const { return 2 * filter_.groups * panel_size_ * panels(); }

  Operands operands(std::size_t images, float* shared) const;
  void write_maps(const Team& team, const float* x, const Operands& to) const;
  void write_pairs(const Team& team, const Operands& to) const;
  void write_lanes(const Team& team, const float* dy, const Operands& to, float* turned) const;
  void write_lanes_of(std::size_t image, const float* dy, const Operands& to, float* turned) const;
  void multiply(const Team& team, const Operands& operands, bool accumulate);
  void write_gradient(const Team& team, float* dw) const;

  Maps maps_;
  Filter filter_;
  PaddedMap map_;
  std::size_t together_;                // images, at most
  std::size_t area_;                    // positions of an image
  std::size_t lanes_;                   // a group's, whole tiles
  std::size_t row_;                     // elements from lane to lane
  std::size_t panel_size_;              // elements of a panel's pairs
  std::vector<simd::Bfloat16> empty_;   // a pixel beyond the last
  std::vector<std::uint32_t> offsets_;  // of the steps
  Buffer<float> sums_;                  // (group, tap, lane, channel)
};

}  // namespace alexnet::cpu::tiles
