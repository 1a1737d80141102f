#pragma once

#include <alexnet/architecture.h>

#include <map>
#include <string>
#include <string_view>

namespace alexnet {

/// What is known of a network whose layers were read from a graph: the architecture in `metadata`
/// or one of networks.h, where that computes the same, with its name and its dropout; else the
/// layers as they were read, named after the graph.
Architecture named_architecture(Architecture read, std::string_view graph_name,
                                const std::map<std::string, std::string>& metadata);

}  // namespace alexnet
