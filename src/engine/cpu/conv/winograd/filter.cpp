#include "engine/cpu/conv/winograd/filter.h"

#include <algorithm>

#include "engine/cpu/simd/halves.h"

namespace alexnet::cpu::winograd {
FilterTaps::FilterTaps(std::size_t area, std::size_t width) : area_(area), width_(width) {
  for (std::size_t tap = 0; tap < area; ++tap) pointers_[tap] = values_.data() + tap * width;
}

void FilterTaps::gather(const Filter& filter, std::size_t depth, std::size_t lanes,
                        const float* weights) {
  for (std::size_t tap = 0; tap < area_; ++tap) {
    const std::ptrdiff_t offset = filter.offsets[depth * area_ + tap];
    const std::size_t present = offset == Filter::kZero ? 0 : lanes;
    for (std::size_t lane = 0; lane < present; ++lane) {
      pointers_[tap][lane] = weights[lane * filter.lane_stride + static_cast<std::size_t>(offset)];
    }
    std::fill(pointers_[tap] + present, pointers_[tap] + width_, 0.0F);
  }
}

void FilterTaps::round_to_bfloat16() {
  simd::round_to_bfloat16(values_.data(), area_ * width_);
}

void FilterTaps::scatter(const Filter& filter, std::size_t depth, std::size_t lanes,
                         float* weights) const {
  for (std::size_t tap = 0; tap < area_; ++tap) {
    const std::ptrdiff_t offset = filter.offsets[depth * area_ + tap];
    if (offset == Filter::kZero) continue;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      weights[lane * filter.lane_stride + static_cast<std::size_t>(offset)] = pointers_[tap][lane];
    }
  }
}

FilterScales::FilterScales(const Grid& grid) {
  for (std::size_t f = 0; f < kMaxFrequencies; ++f) {
    y_[f] = static_cast<float>(1 / grid.y().norm(f));
    x_[f] = static_cast<float>(1 / grid.x().norm(f));
  }
}

}  // namespace alexnet::cpu::winograd
