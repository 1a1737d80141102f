#pragma once

#include <alexnet/architecture.h>

#include <map>
#include <string>
#include <string_view>

namespace alexnet {

/// What is known of a network whose layers were read from a file: the architecture in `metadata`
/// or one of networks.h, where that computes the same, with its name and its dropout; else the
/// layers as they were read, with the name that they have in the file, or the format's.
Architecture named_architecture(Architecture read, std::string_view own_name,
                                std::string_view format,
                                const std::map<std::string, std::string>& metadata = {});

}  // namespace alexnet
