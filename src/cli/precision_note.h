#pragma once

#include <alexnet/engine.h>

#include <string>
#include <vector>

namespace alexnet::cli {

/// A line for each layer that is stored wider than --precision asks for.
std::vector<std::string> wider_layer_notes(const std::vector<LayerPlan>& layers);
/// The same on stderr.
void note_wider_layers(const std::vector<LayerPlan>& layers);

}  // namespace alexnet::cli
