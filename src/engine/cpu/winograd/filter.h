#pragma once

#include <alexnet/architecture.h>

#include <array>
#include <cstddef>
#include <vector>

#include "engine/cpu/winograd/grid.h"

/// Which element of a layer's weights (out, in / groups, k, k) stands where in the stride-1
/// convolution that computes the layer, or its data gradient. In it `lanes` output channels see
/// `depth` input channels through taps × taps elements, in each group.
namespace alexnet::cpu::winograd {

struct Filter {
  std::size_t groups = 1;
  std::size_t lanes = 0;
  std::size_t depth = 0;
  std::size_t taps = 0;

  std::size_t group_stride = 0;
  std::size_t lane_stride = 0;
  /// (depth, taps, taps): where lane 0 of group 0 finds the element; kZero: it is 0.
  std::vector<std::ptrdiff_t> offsets;
  static constexpr std::ptrdiff_t kZero = -1;
};

/// One channel pair's elements for a panel of lanes, (taps · taps, panel width): what the
/// transforms of filters work on.
class FilterTaps {
 public:
  FilterTaps(std::size_t area, std::size_t width);

  float* const* pointers() { return pointers_.data(); }
  /// From the lanes that begin at `weights`, zeros after the first `lanes`.
  void gather(const Filter& filter, std::size_t depth, std::size_t lanes, const float* weights);
  void scatter(const Filter& filter, std::size_t depth, std::size_t lanes, float* weights) const;

 private:
  static constexpr std::size_t kMostArea = 25;
  static constexpr std::size_t kMostWidth = 64;
  std::size_t area_;
  std::size_t width_;
  std::array<float*, kMostArea> pointers_{};
  alignas(64) std::array<float, kMostArea * kMostWidth> values_{};
};

/// 1 / n_i along both axes.
class FilterScales {
 public:
  explicit FilterScales(const Grid& grid);
  Scales get() const { return {y_.data(), x_.data()}; }

 private:
  std::array<float, kMaxFrequencies> y_{};
  std::array<float, kMaxFrequencies> x_{};
};

/// The layer itself. A stride s is taken out by gathering s × s blocks of pixels into the channels,
/// in (y, x, channel) order, which leaves ceil(k / s) taps: 11 × 11 at stride 4 over 3 channels are
/// 3 × 3 over 48.
Filter forward_filter(const Conv& conv, std::size_t in_channels);

/// The data gradient: filters turned by half a circle, input and output channels exchanged.
/// Stride 1.
Filter turned_filter(const Conv& conv, std::size_t in_channels);

}  // namespace alexnet::cpu::winograd
