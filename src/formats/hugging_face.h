#pragma once

#include <alexnet/model.h>

#include <filesystem>
#include <string>

namespace alexnet {

/// What files beside weights said.
struct Described {
  std::string by;                    ///< their names, joined, or ""
  std::filesystem::path normalised;  ///< the one that gave mean and deviation, or ""
  bool ignored_config = false;       ///< config.json is another program's
};

/// Fills what `options` leave open from the files that Hugging Face's libraries keep in the folder
/// of weights: preprocessor_config.json (size, crop, filter, mean and deviation) and config.json
/// (class names, and timm's preprocessing). Throws Error, naming file and field, where one says
/// what cannot be done here; but beside weights of names other than theirs, such a config.json is
/// another program's.
Described describe_as_hugging_face(const std::filesystem::path& weights, LoadOptions& options);

}  // namespace alexnet
