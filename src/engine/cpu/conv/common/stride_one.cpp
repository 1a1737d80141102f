#include "engine/cpu/conv/common/stride_one.h"

namespace alexnet::cpu {
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

std::size_t extent(const Shape& shape, std::size_t axis) {
  return static_cast<std::size_t>(shape[axis]);
}

std::size_t taps(const Conv& conv) {
  return static_cast<std::size_t>((conv.kernel + conv.stride - 1) / conv.stride);
}

std::string why_not_stride_one(const Conv& conv, const Problem& problem) {
  if (conv.stride > 1 && !problem.first) return "strided, and not the first layer";
  if (conv.stride > 1 && conv.groups > 1) return "strided, with groups";
  if (conv.stride > 1 && problem.input_gradient) return "strided, and gradients of its input";
  if (conv.stride > conv.kernel) return "its stride leaves pixels out";
  if (conv.padding >= conv.kernel) return "padding beyond the kernel";
  return {};
}

Maps forward_maps(const Conv& conv, const LayerInfo& info) {
  Maps maps{.in_height = extent(info.input, 1),
            .in_width = extent(info.input, 2),
            .in_channels = extent(info.input, 0),
            .out_height = extent(info.output, 1),
            .out_width = extent(info.output, 2),
            .out_channels = extent(info.output, 0),
            .padding = static_cast<std::size_t>(conv.padding)};
  if (conv.stride > 1) {
    maps.in_height = maps.out_height + taps(conv) - 1;
    maps.in_width = maps.out_width + taps(conv) - 1;
    maps.in_channels *= static_cast<std::size_t>(conv.stride * conv.stride);
    maps.padding = 0;
  }
  return maps;
}

Maps backward_maps(const Conv& conv, const LayerInfo& info) {
  const Maps forward = forward_maps(conv, info);
  return {.in_height = forward.out_height,
          .in_width = forward.out_width,
          .in_channels = forward.out_channels,
          .out_height = forward.in_height,
          .out_width = forward.in_width,
          .out_channels = forward.in_channels,
          .padding = static_cast<std::size_t>(conv.kernel - 1 - conv.padding)};
}

InputLayout blocks_of_pixels(const Conv& conv, const LayerInfo& info, const InputLayout& plain) {
  if (conv.stride == 1) return plain;
  const Maps maps = forward_maps(conv, info);
  return {.block = conv.stride,
          .padding = conv.padding,
          .height = static_cast<int>(maps.in_height),
          .width = static_cast<int>(maps.in_width),
          .channels = static_cast<int>(maps.in_channels)};
}

Filter forward_filter(const Conv& conv, std::size_t in_channels) {
  const Sizes size(conv, in_channels);
  Filter filter{.groups = size.groups,
                .lanes = size.out,
                .depth = size.stride * size.stride * size.in,
                .taps = taps(conv),
                .group_stride = size.out * size.in * size.area(),
                .lane_stride = size.in * size.area(),
                .offsets = {}};
  for (std::size_t channel = 0; channel < filter.depth; ++channel) {
    const std::size_t in_block = channel / size.in;
    for (std::size_t tap = 0; tap < filter.taps * filter.taps; ++tap) {
      const std::size_t y = tap / filter.taps * size.stride + in_block / size.stride;
      const std::size_t x = tap % filter.taps * size.stride + in_block % size.stride;
      const bool inside = y < size.kernel && x < size.kernel;
      const std::size_t offset = channel % size.in * size.area() + y * size.kernel + x;
      filter.offsets.push_back(inside ? static_cast<std::ptrdiff_t>(offset) : Filter::kZero);
    }
  }
  return filter;
}

Filter flipped_filter(const Conv& conv, std::size_t in_channels) {
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
      const std::size_t flipped = size.area() - 1 - tap;
      filter.offsets.push_back(static_cast<std::ptrdiff_t>(out * size.in * size.area() + flipped));
    }
  }
  return filter;
}

}  // namespace alexnet::cpu
