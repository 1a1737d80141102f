#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/base/step.h"
#include "engine/cpu/conv/winograd/block_sizes.h"
#include "engine/cpu/conv/winograd/filter.h"
#include "engine/cpu/conv/winograd/grid.h"
#include "engine/cpu/simd/gemm.h"

namespace alexnet::cpu::winograd {

/// A stride-1 convolution in Winograd form, block by block:
///
///     x ──Bᵀ·B──▶ V (frequency; tile, depth) ──· U──▶ M (frequency; tile, lanes) ──Aᵀ·A──▶ y
///
/// U, the transformed filter, is (group; frequency; panel; depth, panel width). A block's V stays
/// in the second-level cache, or is large enough to repay the reading of U; M is made for as many
/// panels at a time as the cache holds.
class Convolution {
 public:
  /// BlockSizes are planned for up to `images` at a time; tiles have at most `most_outputs` along
  /// an axis.
  Convolution(const Maps& maps, Filter filter, Precision precision, std::size_t images,
              const BlockSizes& blocks, std::size_t most_outputs = kMaxFrequencies);

  std::size_t multiply_adds() const;  ///< of one image, after the transforms
  std::size_t weight_bytes() const;   ///< of the transformed filter
  /// What run() moves besides reading x and U and writing y once. Neighbouring tiles are taken to
  /// find in the first-level cache what both read.
  std::vector<Stream> streams(std::size_t images, std::size_t team_size) const;
  const Grid& grid() const { return grid_; }

  void pack(const Team& team, const float* weights);

  Scratch scratch(std::size_t team_size) const;
  /// y = finish(x ∗ filter) for `images`; the finish's bias has all groups' channels. Threads of a
  /// team divide the rows of tiles where U is small and an image has two of them for each, else the
  /// transform by channels and the rest by output channels.
  void run(const Team& team, std::size_t images, const float* x, float* y, const Finish& finish,
           float* shared, float* per_thread) const;
  /// The same, with the rows of tiles divided. Needs the scratch memory of a team of one, all of it
  /// for each thread.
  void run_divided(const Team& team, std::size_t images, const float* x, float* y,
                   const Finish& finish, float* per_thread) const;

 private:
  struct Cut;
  std::vector<Stream> streams(const Cut& cut) const;
  float half_scale(const float* weights) const;
  bool divides_units(std::size_t team_size) const;
  void run_units(const Team& team, Range units, const float* x, float* y, const Finish& finish,
                 float* v, float* per_thread) const;
  std::size_t panels() const;
  std::size_t panels_at_once(std::size_t panels) const;
  void pack_filters(Range some, const FilterScales& scales, float half_scale, const float* weights);
  void transform_inputs(const Team& team, const Block& block, const float* x, float* v) const;
  void transform_inputs(Range some, const Block& block, const ByFrequency& starts, const float* x,
                        float* v) const;
  void multiply(const Block& block, std::size_t group, Range panels, const float* v,
                float* m) const;
  template <class Weight>
  void multiply_as(const Block& block, const Buffer<Weight>& u, std::size_t group, Range panels,
                   const float* v, float* m) const;
  void transform_outputs(const Block& block, Range panels, const float* m, float* y,
                         const Finish& finish, float* beyond) const;

  Grid grid_;
  Filter filter_;
  BlockSizes blocks_;
  bool halves_;
  bool rounds_;              // weights to bf16, before they are transformed
  float half_scale_ = 1.0F;  // keeps half-precision filters in range
  std::size_t width_;        // of a panel
  std::size_t depth_pitch_;  // floats from row to row of V
  std::size_t block_units_;
  std::vector<float> zeros_;
  Buffer<float> u_;  // one of the two
  Buffer<simd::Half> u_halves_;
};

}  // namespace alexnet::cpu::winograd
