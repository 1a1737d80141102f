#include "infer/network_json.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace alexnet {

nlohmann::json network_json(const Architecture& net) {
  nlohmann::json layers = nlohmann::json::array();
  for (const LayerInfo& layer : net.describe()) {
    layers.push_back({{"name", layer.name},
                      {"layer", layer.kind},
                      {"settings", layer.settings},
                      {"output", layer.output},
                      {"parameters", layer.parameters},
                      {"multiply_adds", layer.multiply_adds}});
  }
  return {{"model", net.name},
          {"input", {net.in_channels, net.height, net.width}},
          {"classes", net.classes()},
          {"parameters", net.parameter_count()},
          {"multiply_adds", net.multiply_adds()},
          {"layers", std::move(layers)}};
}

}  // namespace alexnet
