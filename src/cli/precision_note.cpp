#include "cli/precision_note.h"

#include <fmt/format.h>

#include "cli/messages.h"

namespace alexnet::cli {

void note_wider_layers(const std::vector<LayerPlan>& layers) {
  for (const LayerPlan& layer : layers) {
    if (layer.why_fp32.empty()) continue;
    print_message(fmt::format("note: {} stays fp32: {}", layer.layer, layer.why_fp32));
  }
}

}  // namespace alexnet::cli
