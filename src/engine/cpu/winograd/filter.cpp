#include "engine/cpu/winograd/filter.h"

#include <algorithm>

namespace alexnet::cpu::winograd {
namespace {

struct Sizes {
  Sizes(const Conv& conv, std::size_t in_channels)
      : groups(static_cast<std::size_t>(conv.groups)),
        out(static_cast<std::size_t>(conv.out_channels) / groups),
        in(in_channels / groups),
        kernel(static_cast<std::size_t>(conv.kernel)),
        stride(static_cast<std::size_t>(conv.stride)) {}

  std::size_t area() const { return kernel * kernel; }

  std::size_t groups;
  std::size_t out;  // a group's, as `in`
  std::size_t in;
  std::size_t kernel;
  std::size_t stride;
};

}  // namespace

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

Filter forward_filter(const Conv& conv, std::size_t in_channels) {
  const Sizes size(conv, in_channels);
  const std::size_t taps = (size.kernel + size.stride - 1) / size.stride;
  Filter filter{.groups = size.groups,
                .lanes = size.out,
                .depth = size.stride * size.stride * size.in,
                .taps = taps,
                .group_stride = size.out * size.in * size.area(),
                .lane_stride = size.in * size.area(),
                .offsets = {}};
  for (std::size_t channel = 0; channel < filter.depth; ++channel) {
    const std::size_t in_block = channel / size.in;
    for (std::size_t tap = 0; tap < taps * taps; ++tap) {
      const std::size_t y = tap / taps * size.stride + in_block / size.stride;
      const std::size_t x = tap % taps * size.stride + in_block % size.stride;
      const bool inside = y < size.kernel && x < size.kernel;
      const std::size_t offset = channel % size.in * size.area() + y * size.kernel + x;
      filter.offsets.push_back(inside ? static_cast<std::ptrdiff_t>(offset) : Filter::kZero);
    }
  }
  return filter;
}

Filter turned_filter(const Conv& conv, std::size_t in_channels) {
  const Sizes size(conv, in_channels);
  Filter filter{.groups = size.groups,
                .lanes = size.in,
                .depth = size.out,
                .taps = size.kernel,
                .group_stride = size.out * size.in * size.area(),
                .lane_stride = size.area(),
                .offsets = {}};
  for (std::size_t out = 0; out < size.out; ++out) {
    for (std::size_t tap = 0; tap < size.area(); ++tap) {
      const std::size_t turned = size.area() - 1 - tap;
      filter.offsets.push_back(static_cast<std::ptrdiff_t>(out * size.in * size.area() + turned));
    }
  }
  return filter;
}

}  // namespace alexnet::cpu::winograd
