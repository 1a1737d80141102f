#pragma once

#include <alexnet/model.h>

#include <string_view>

namespace alexnet {

/// Sets how `model` takes its images, by the name of a convention (input_conventions()), for its
/// own input size. A network that wants blue first gets its first layer's inputs turned round, so
/// that it takes RGB like all others; its provenance says so. Throws Error, beginning with
/// `source`, when there is no such convention or it is for other channels.
void set_input_convention(Model& model, std::string_view name, std::string_view source);

/// The first convolution's inputs in the opposite order.
void reverse_input_channels(Model& model);

}  // namespace alexnet
