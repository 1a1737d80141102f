#pragma once

#include <alexnet/size.h>

#include <array>
#include <memory>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// The mean of every pixel of the training images (Krizhevsky 2012, section 2), in rows of
/// interleaved channels, of 1.
struct MeanImage {
  Size size;  ///< Preprocess::resize: of the middle of resized images, of which crops are taken
  int channels = 0;
  std::vector<float> values;  ///< (height, width, channels)
  bool operator==(const MeanImage&) const = default;
};

/// x = (byte / 255 − mean) / deviation, channel by channel. Empty vectors: x = byte / 255. With a
/// mean image, its pixel at the same place is the mean, and `mean` its channels' means.
struct Normalization {
  std::vector<float> mean;
  std::vector<float> deviation;
  std::shared_ptr<const MeanImage> mean_image{};

  /// Compares the mean images' values.
  bool operator==(const Normalization& other) const {
    const bool same_image = mean_image == other.mean_image ||
                            (mean_image && other.mean_image && *mean_image == *other.mean_image);
    return mean == other.mean && deviation == other.deviation && same_image;
  }
};

/// Where an image of a batch lay in what the mean image covers, and how its colours are
/// shifted: what its normalization needs while its pixels are still bytes.
struct Placement {
  int top = 0;
  int left = 0;
  bool mirrored = false;          ///< after it was cut out
  std::array<float, 3> colour{};  ///< added to each channel's byte / 255
  bool operator==(const Placement&) const = default;
};

/// Where a centre crop begins when it is `gap` pixels smaller: half of it, ties to even, as
/// torchvision rounds.
constexpr int centre_offset(int gap) {
  return gap / 2 + (gap % 4 == 3 ? 1 : 0);
}

}  // namespace alexnet
#pragma GCC visibility pop
