#pragma once

#include <alexnet/model.h>

#include <string_view>

namespace alexnet {

/// Sets how `model` takes its images, by the name of a convention (input_conventions()), for its
/// own input size. A network that wants blue first gets its first layer's inputs turned round, so
/// that it takes RGB like all others; its provenance says so, and another convention turns them
/// back. Throws Error, beginning with `source`, when there is no such convention or it is for other
/// channels.
void set_input_convention(Model& model, std::string_view name, std::string_view source);

}  // namespace alexnet
