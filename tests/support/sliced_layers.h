#pragma once

#include <string>
#include <vector>

#include "engine/api/division.h"

namespace alexnet::test {

/// All layers that can be divided by rows.
inline std::vector<std::string> sliced_layers(const Architecture& architecture, int parts) {
  std::vector<std::string> layers;
  for (const LayerInfo& layer : architecture.describe()) {
    if (is_sliced(layer, parts)) layers.push_back(layer.name);
  }
  return layers;
}

}  // namespace alexnet::test
