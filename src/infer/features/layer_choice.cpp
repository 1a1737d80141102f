#include "infer/features/layer_choice.h"

#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "infer/layer_names.h"

namespace alexnet {
namespace {

constexpr const char* kAll = "all";

// Layers whose activations no other layer has.
std::vector<std::string> all_layers(const Architecture& net) {
  const std::vector<LayerInfo> infos = net.describe();
  std::vector<std::string> names;
  for (const LayerName& name : layer_names(net)) {
    const std::string& kind = infos[name.layer].kind;
    const bool is_in_place = kind == "ReLU" || kind == "Dropout";
    const bool is_copy =
        kind == "AdaptiveAvgPool" && infos[name.layer].input == infos[name.layer].output;
    if (!is_in_place && !is_copy) names.push_back(name.caffe);
  }
  return names;
}

}  // namespace

std::vector<ChosenLayer> choose_layers(const Architecture& net,
                                       const std::vector<std::string>& names) {
  if (names == std::vector<std::string>{kAll}) return choose_layers(net, all_layers(net));
  const std::vector<LayerInfo> infos = net.describe();
  std::vector<ChosenLayer> chosen;
  for (const std::string& name : names) {
    const std::string layer = resolve_layer_name(net, name);
    const auto same = std::ranges::find(chosen, layer, &ChosenLayer::layer);
    if (same != chosen.end()) {
      throw Error(fmt::format("'{}' and '{}' are both the layer {}; name it once", same->name, name,
                              layer));
    }
    chosen.push_back({name, layer, std::ranges::find(infos, layer, &LayerInfo::name)->output});
  }
  if (chosen.empty()) throw Error("no layer is named; name some, or 'all'");
  return chosen;
}

Model up_to(Model model, const std::vector<ChosenLayer>& layers) {
  Architecture& net = model.architecture;
  const std::vector<LayerInfo> infos = net.describe();
  std::size_t end = 0;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const bool wanted = std::ranges::any_of(
        layers, [&](const ChosenLayer& one) { return one.layer == infos[i].name; });
    if (wanted) end = i + 1;
  }
  if (end < infos.size() && infos[end].kind == "ReLU") ++end;
  net.layers.resize(end, Relu{});
  Parameters needed;
  for (const ParameterSpec& spec : net.parameters()) {
    needed.add(spec.name, std::move(model.parameters.at(spec.name)));
  }
  model.parameters = std::move(needed);
  return model;
}

}  // namespace alexnet
