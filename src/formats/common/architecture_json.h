#pragma once

#include <alexnet/architecture.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace alexnet {

/// {"name", "in_channels", "height", "width", "layers": [{"kind": "Conv", "out_channels": 64, …},
/// …]}, with every field of every layer.
nlohmann::json architecture_to_json(const Architecture& architecture);

/// Throws Error, beginning with `source` and naming the field, when one is missing, unknown or of
/// the wrong type, and when the layers do not make a network.
Architecture architecture_from_json(const nlohmann::json& object, const std::string& source);

}  // namespace alexnet
