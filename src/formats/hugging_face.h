#pragma once

#include <alexnet/model.h>

#include <filesystem>
#include <string>

namespace alexnet {

/// What files beside weights said.
struct Described {
  std::string by;                    ///< their names, joined, or ""
  std::filesystem::path normalised;  ///< the one that gave mean and deviation, or ""
};

/// Fills what `options` leave open from the files that Hugging Face's libraries keep in the folder
/// of weights: preprocessor_config.json (size, crop, filter, mean and deviation) and config.json
/// (class names, and timm's preprocessing). Throws Error, naming file and field, where one says
/// what cannot be done here.
Described describe_as_hugging_face(const std::filesystem::path& folder, LoadOptions& options);

}  // namespace alexnet
