#pragma once

#include <alexnet/enum_names.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infer/linear_algebra.h"

namespace alexnet {

/// How far apart a layer sees two images.
enum class ImageDistance {
  correlation,  ///< 1 − Pearson's correlation of their features
  euclidean,
};
template <>
struct EnumNames<ImageDistance> {
  static constexpr std::string_view kNoun = "distance of images";
  static constexpr std::array<std::string_view, 2> kNames{"correlation", "euclidean"};
};

/// Some images as a layer sees them, by their likeness alone.
struct Representation {
  std::string name;
  linear_algebra::Matrix<double> kernel;  ///< products of their features, less the features' means
  /// Of image i and a later one, j: rows of the upper triangle, one after the other.
  std::vector<float> distances;
  std::vector<std::uint32_t> by_distance;  ///< places in `distances`, least first
};

/// Of some rows of features (n, features). Throws Error, beginning with `name`, where features are
/// not finite, or so much alike that nothing can be compared.
Representation represent(std::string name, std::span<const float> features, std::size_t columns,
                         std::span<const std::uint32_t> rows, ImageDistance distance);

}  // namespace alexnet
