#include "engine/common/pool_folding.h"

#include <vector>

namespace alexnet {
namespace {

// Dropout that does nothing has no step.
bool passes(const Layer& layer) {
  const auto* dropout = std::get_if<Dropout>(&layer);
  return std::holds_alternative<Flatten>(layer) ||
         (dropout != nullptr && dropout->probability == 0.0F);
}

}  // namespace

bool worth_folding(const Shape& map, const AdaptiveAvgPool& pool) {
  return 2 * map[1] * map[2] <= std::int64_t{pool.height} * pool.width;
}

std::int64_t inputs_of_linear(const Architecture& architecture, std::size_t layer) {
  const std::vector<LayerInfo> infos = architecture.describe();
  std::size_t before = layer;
  while (before > 0 && passes(architecture.layers[before - 1])) --before;
  if (before > 0) {
    const Shape& map = infos[before - 1].input;
    const auto* pool = std::get_if<AdaptiveAvgPool>(&architecture.layers[before - 1]);
    if (pool != nullptr && map != infos[before - 1].output && worth_folding(map, *pool)) {
      return element_count(map);
    }
  }
  return infos[layer].input.front();
}

}  // namespace alexnet
