#pragma once

#include <alexnet/normalization.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <span>

#pragma GCC visibility push(default)
namespace alexnet {

/// Of a batch.
struct ImagesShape {
  int count = 0;
  int channels = 0;
  int height = 0;
  int width = 0;
};

/// A batch of images that the caller owns: bytes as decoders give them, or floats as callers have
/// them. Exactly one of the two is set.
struct Images {
  int count = 0;
  int channels = 0;
  int height = 0;
  int width = 0;
  std::span<const std::uint8_t> bytes;  ///< (N, H, W, C), 0 … 255, normalised by the plan
  std::span<const float> floats;        ///< (N, C, H, W), taken as they are
  /// Of bytes, one an image. Empty: all are centre crops of unchanged colours.
  std::span<const Placement> placements;

  Images() = default;
  /// A float tensor (N, C, H, W). Throws Error on another rank.
  explicit Images(const Tensor& tensor);
  /// Bytes (N, H, W, C). Throws Error unless their number fits the shape.
  static Images from_bytes(std::span<const std::uint8_t> bytes, const ImagesShape& shape);
  /// So many of these, in the same memory; they must be among them.
  Images part(int first, int images) const;
};

}  // namespace alexnet
#pragma GCC visibility pop
