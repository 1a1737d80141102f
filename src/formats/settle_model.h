#pragma once

#include <alexnet/model.h>

#include <string>
#include <string_view>

namespace alexnet {

/// What a model's `preprocess` is while nobody has said it.
inline constexpr Preprocess kUnset{.resize = {}, .crop = {}, .channels = 0};

/// A key of the provenance, with the value "Caffe" or "MatConvNet" for networks that come from
/// there.
inline const std::string kOrigin = "origin";

/// Notes that the file does not say the size of its images.
void assume_image_size(Model& model);
/// Notes that config.json beside the file is not taken for Hugging Face's.
void assume_other_config(Model& model);
/// Notes which of the file's tensors its own are.
void assume_tensors(Model& model, std::string which);
/// Notes that the file has numbers of 8 bits.
void assume_float32(Model& model);
/// Names of the classes: those of `options`, the file's, or assumed ones. Throws Error, beginning
/// with `source`.
void settle_classes(Model& model, const LoadOptions& options, std::string_view source);
/// How images become the input: as `options` say, the file says, or its kind mostly wants. Throws
/// Error, beginning with `source`.
void settle_input(Model& model, const LoadOptions& options, std::string_view source);

}  // namespace alexnet
