#pragma once

#include <alexnet/model.h>

#include <map>
#include <string>
#include <string_view>

namespace alexnet {

/// What a safetensors file says about the model whose tensors it holds: "format", "architecture",
/// "classes", "preprocess", "normalization" and "provenance", each a string of JSON but the first.
/// The parameters are not touched. Writers may add keys of their own.
std::map<std::string, std::string> model_metadata(const Model& model);

/// The inverse, without parameters; other keys are left alone. Throws Error, beginning with
/// `source` (a file, say), when the metadata are missing, damaged or contradict each other: one
/// class name an output, one mean and deviation a channel.
Model model_from_metadata(const std::map<std::string, std::string>& metadata,
                          std::string_view source);

}  // namespace alexnet
