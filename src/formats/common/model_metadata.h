#pragma once

#include <alexnet/model.h>

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace alexnet {

/// What a safetensors file says about the model whose tensors it holds: "format", "architecture",
/// "classes", "preprocess", "normalization" and "provenance", each a string of JSON but the first.
/// Of the parameters nothing, and of the mean image, a tensor of its own, only the size. Writers
/// may add keys of their own.
std::map<std::string, std::string> model_metadata(const Model& model);

/// Its "preprocess" and "normalization" alone, one behind the other as it has them; also of a
/// network without classes.
std::array<std::string, 2> input_metadata(const Model& model);

/// Whether model_metadata made them: their "format" says so.
bool is_model_metadata(const std::map<std::string, std::string>& metadata);

/// The inverse, without parameters and the mean image's values; other keys are left alone. Throws
/// Error, beginning with `source` (a file, say), when the metadata are damaged or contradict each
/// other.
Model model_from_metadata(const std::map<std::string, std::string>& metadata,
                          std::string_view source);

/// Throws Error, beginning with `source`, unless there are one class name an output, one mean and
/// deviation a channel, and preprocessing that gives the network's input.
void check_model(const Model& model, std::string_view source);

}  // namespace alexnet
