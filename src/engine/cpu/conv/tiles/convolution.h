#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/cpu/conv/common/padded_map.h"
#include "engine/cpu/conv/common/stride_one.h"
#include "engine/cpu/simd/tile_weights.h"
#include "engine/cpu/simd/tiles.h"

namespace alexnet::cpu::tiles {

/// A convolution of stride 1 by products of tiles, without a copy of windows. An image's map is
/// rounded into a margin, group by group, and read flat: positions one after the other through the
/// rows of the map, 16 of them the lines of a tile. A step of the depth is 64 bytes of a row of the
/// window, from every position the same way on:
///
///     map   · · · · · · · ·      window 3 × 3 of position p: three runs, cut into steps
///           · p ─ ─ · · · ·      lines of a tile: p, p + 1, … p + 15, each a pixel further
///           · ─ ─ ─ · · · ·
///           · ─ ─ ─ · · · ·      positions in the last columns of a row give sums that nobody
///                                wants
///
/// The last step of a run goes on into the next pixels, where its weights are zeros.
template <class Weight>
class Convolution {
 public:
  Convolution(const Maps& maps, const Filter& filter);

  std::size_t weight_bytes() const { return weights_.bytes(); }
  /// What run() moves besides reading x and the weights and writing y once.
  std::vector<Stream> streams(int images) const;

  /// `bias` null: zeros.
  void pack(const Team& team, const float* weights, const float* bias);

  Scratch scratch(int team_size) const;
  /// y of `images`, one after the other by the whole team.
  void run(const Team& team, std::size_t images, const float* x, float* y, bool relu, float* shared,
           float* per_thread) const;
  /// The same, with the images divided. Needs the scratch memory of a team of one, all of it for
  /// each thread.
  void run_divided(const Team& team, std::size_t images, const float* x, float* y, bool relu,
                   float* per_thread) const;

 private:
  using Input = typename simd::TileKind<Weight>::Input;
  using Sum = typename simd::TileKind<Weight>::Sum;
  static constexpr bool kBytes = sizeof(Weight) == 1;
  static constexpr std::size_t kStep = simd::kTileDepth<Weight>;

  std::size_t read_beyond() const;
  void gather(const float* weights, float* row) const;
  simd::ByteRounding write_map(const Team& team, const float* x, float* shared, Input* map) const;
  void multiply(const Team& team, const Input* map, const simd::ByteRounding& rounding, bool relu,
                float* y, Sum* sums) const;
  void multiply_block(std::size_t group, std::size_t lane, Range positions, const Input* map,
                      Sum* sums) const;
  void finish_block(std::size_t group, std::size_t lane, Range positions, const Sum* sums,
                    const simd::ByteRounding& rounding, bool relu, float* y) const;

  Maps maps_;
  Filter filter_;
  std::size_t run_steps_;  // of a row of the window
  PaddedMap map_;
  std::size_t positions_;
  std::size_t lanes_;  // a group's, whole panels
  simd::TileWeights<Weight> weights_;
  std::vector<std::uint32_t> offsets_;  // of the steps
};

extern template class Convolution<simd::Bfloat16>;
extern template class Convolution<std::int8_t>;

}  // namespace alexnet::cpu::tiles
