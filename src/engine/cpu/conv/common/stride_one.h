#pragma once

#include <alexnet/architecture.h>

#include <cstddef>
#include <string>
#include <vector>

#include "engine/cpu/base/implementation.h"

/// A convolution layer, or its data gradient, as a convolution of stride 1: what the kernels
/// here compute. The stride s of a first layer is taken out by gathering s × s blocks of pixels
/// into the channels, in (y, x, channel) order, which leaves ceil(k / s) taps: 11 × 11 at stride 4
/// over 3 channels are 3 × 3 over 48.
namespace alexnet::cpu {

/// Its maps. Channels are counted in whole pixels, over all groups.
struct Maps {
  std::size_t in_height = 0;
  std::size_t in_width = 0;
  std::size_t in_channels = 0;
  std::size_t out_height = 0;
  std::size_t out_width = 0;
  std::size_t out_channels = 0;
  std::size_t padding = 0;
  std::size_t in_size() const { return in_height * in_width * in_channels; }
  std::size_t out_size() const { return out_height * out_width * out_channels; }
};

/// Which element of the layer's weights (out, in / groups, k, k) stands where in it: `lanes` output
/// channels see `depth` input channels through taps × taps elements, in each group.
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

/// Taps of it along an axis.
std::size_t taps(const Conv& conv);
/// An axis of a shape (c, h, w).
std::size_t extent(const Shape& shape, std::size_t axis);

/// Why a layer has no such form; empty if it has.
std::string why_not_stride_one(const Conv& conv, const Problem& problem);

Maps forward_maps(const Conv& conv, const LayerInfo& info);
Filter forward_filter(const Conv& conv, std::size_t in_channels);
/// How a first layer wants its images.
InputLayout blocks_of_pixels(const Conv& conv, const LayerInfo& info, const InputLayout& plain);

/// The data gradient, stride 1: filters flipped along both axes, input and output channels
/// exchanged.
Maps backward_maps(const Conv& conv, const LayerInfo& info);
Filter flipped_filter(const Conv& conv, std::size_t in_channels);

}  // namespace alexnet::cpu
