#pragma once

#include <alexnet/engine.h>

#include <vector>

namespace alexnet::cli {

/// A line on stderr for each layer that is stored wider than --precision asks for.
void note_wider_layers(const std::vector<LayerPlan>& layers);

}  // namespace alexnet::cli
