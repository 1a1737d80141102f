#pragma once

#include <alexnet/architecture.h>
#include <alexnet/parameters.h>

#include <string_view>

namespace alexnet {

/// The network that these parameters belong to: one of network_names() with the channels, features
/// and classes that the shapes show, for images of `image_size` (0: the network's own). `name`
/// chooses where several fit; empty: none is preferred. Throws Error, beginning with `source`.
Architecture infer_architecture(const Parameters& parameters, std::string_view name, int image_size,
                                std::string_view source);

}  // namespace alexnet
