#pragma once

#include <alexnet/architecture.h>

#include <nlohmann/json_fwd.hpp>

namespace alexnet {

/// A network layer by layer: "model", "input" [c, h, w], "classes", "parameters", "multiply_adds",
/// and "layers", each with "name", "layer", "settings", "output", "parameters", "multiply_adds".
nlohmann::json network_json(const Architecture& net);

}  // namespace alexnet
