#include "cli/precision_note.h"

#include <fmt/format.h>

#include "cli/messages.h"

namespace alexnet::cli {

std::vector<std::string> wider_layer_notes(const std::vector<LayerPlan>& layers) {
  std::vector<std::string> notes;
  for (const LayerPlan& layer : layers) {
    if (layer.why_fp32.empty()) continue;
    notes.push_back(fmt::format("note: {} stays fp32: {}", layer.layer, layer.why_fp32));
  }
  return notes;
}

void note_wider_layers(const std::vector<LayerPlan>& layers) {
  for (const std::string& note : wider_layer_notes(layers)) print_message(note);
}

}  // namespace alexnet::cli
