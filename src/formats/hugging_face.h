#pragma once

#include <alexnet/model.h>

#include <filesystem>
#include <string>

namespace alexnet {

/// Fills what `options` leave open from the files that Hugging Face's libraries keep in the folder
/// of weights: preprocessor_config.json (size, crop, filter, mean and deviation) and config.json
/// (class names, and timm's preprocessing). Returns the names of the files that said something,
/// joined, or "". Throws Error, naming file and field, where one says what cannot be done here.
std::string describe_as_hugging_face(const std::filesystem::path& folder, LoadOptions& options);

}  // namespace alexnet
