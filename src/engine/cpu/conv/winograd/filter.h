#pragma once

#include <array>
#include <cstddef>

#include "engine/cpu/conv/common/stride_one.h"
#include "engine/cpu/conv/winograd/grid.h"

namespace alexnet::cpu::winograd {

/// One channel pair's elements for a panel of lanes, (taps · taps, panel width): what the
/// transforms of filters work on.
class FilterTaps {
 public:
  static constexpr std::size_t kMostWidth = 64;  ///< of a panel

  FilterTaps(std::size_t area, std::size_t width);

  float* const* pointers() { return pointers_.data(); }
  /// From the lanes that begin at `weights`, zeros after the first `lanes`.
  void gather(const Filter& filter, std::size_t depth, std::size_t lanes, const float* weights);
  /// The gathered weights as Bfloat16 would be.
  void round_to_bfloat16();
  void scatter(const Filter& filter, std::size_t depth, std::size_t lanes, float* weights) const;

 private:
  static constexpr std::size_t kMostArea = 25;
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

}  // namespace alexnet::cpu::winograd
