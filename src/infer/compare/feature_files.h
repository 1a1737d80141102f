#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "infer/compare/representation.h"

namespace alexnet {

/// A layer's features in a file.
struct FeatureFile {
  std::string name;  ///< "fc7"
  std::filesystem::path path;
};

/// A .npy file, or the layers of a folder that alexnet features wrote, or else all .npy files of a
/// folder in the order of their names. Throws Error when there are none.
std::vector<FeatureFile> find_feature_files(const std::filesystem::path& path);

/// How many images these files are of. Throws Error when it is not the same of all, or names beside
/// two of them say that the images are others or in another order.
std::int64_t count_images(std::span<const FeatureFile> files);

/// Some rows of a file. Throws Error.
Representation represent(const FeatureFile& file, std::span<const std::uint32_t> rows,
                         ImageDistance distance);

}  // namespace alexnet
