#include "formats/common/ordered_fit.h"

#include <alexnet/networks.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "formats/common/infer_architecture.h"

namespace alexnet {
namespace {

struct NamedLayer {
  std::string_view name;
  const ListedTensor* weight = nullptr;
  const ListedTensor* bias = nullptr;
};

// "fc6" and "weight" of "fc6.weight"; none of other tensors.
std::optional<std::pair<std::string_view, std::string_view>> parts_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view word = name.substr(dot + 1);
  if (word != "weight" && word != "bias") return std::nullopt;
  return std::pair(name.substr(0, dot), word);
}

// The dict that all weights and biases are in, with its dot.
std::string_view common_prefix(const std::vector<ListedTensor>& tensors) {
  std::optional<std::string_view> prefix;
  for (const ListedTensor& tensor : tensors) {
    const auto parts = parts_of(tensor.name);
    if (!parts) continue;
    if (!prefix) prefix = parts->first;
    const auto [end, ignored] = std::ranges::mismatch(*prefix, parts->first);
    prefix = prefix->substr(0, static_cast<std::size_t>(end - prefix->begin()));
  }
  return prefix ? prefix->substr(0, prefix->rfind('.') + 1) : std::string_view();
}

// In the file's order; none where some of the dict are anything else.
std::vector<NamedLayer> layers_of(const std::vector<ListedTensor>& tensors) {
  const std::string_view prefix = common_prefix(tensors);
  std::vector<NamedLayer> layers;
  for (const ListedTensor& tensor : tensors) {
    if (!tensor.name.starts_with(prefix)) continue;
    const auto parts = parts_of(tensor.name);
    if (!parts || !tensor.shape) return {};
    auto layer = std::ranges::find(layers, parts->first, &NamedLayer::name);
    if (layer == layers.end()) layer = layers.insert(layer, NamedLayer{.name = parts->first});
    const ListedTensor*& place = parts->second == "weight" ? layer->weight : layer->bias;
    if (std::exchange(place, &tensor) != nullptr) return {};
  }
  const auto is_whole = [](const NamedLayer& layer) {
    return layer.weight != nullptr && layer.bias != nullptr;
  };
  return std::ranges::all_of(layers, is_whole) ? layers : std::vector<NamedLayer>{};
}

std::size_t digits_of(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

// "3" before "10".
bool is_before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::size_t digits = digits_of(a);
    if (digits != digits_of(b) && digits > 0 && digits_of(b) > 0) return digits < digits_of(b);
    if (a.front() != b.front()) return a.front() < b.front();
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.size() < b.size();
}

std::vector<OrderedFit> fits_of(const std::vector<NamedLayer>& layers, std::string_view name,
                                Size image_size) {
  std::vector<const ListedTensor*> tensors;
  for (const NamedLayer& layer : layers) {
    tensors.push_back(layer.weight);
    tensors.push_back(layer.bias);
  }
  std::vector<OrderedFit> fits;
  for (const std::string_view network : network_names()) {
    const std::vector<ParameterSpec> specs = make_network(network).parameters();
    if ((!name.empty() && name != network) || specs.size() != tensors.size()) continue;
    NamedShapes shapes;
    for (std::size_t i = 0; i < specs.size(); ++i)
      shapes.emplace(specs[i].name, *tensors[i]->shape);
    for (Architecture& fit : fitting_networks(shapes, network, image_size)) {
      fits.push_back({std::move(fit), tensors});
    }
  }
  return fits;
}

}  // namespace

std::vector<OrderedFit> fit_by_order(const std::vector<ListedTensor>& tensors,
                                     std::string_view name, Size image_size) {
  std::vector<NamedLayer> layers = layers_of(tensors);
  std::vector<OrderedFit> fits = fits_of(layers, name, image_size);
  std::vector<NamedLayer> sorted = layers;
  std::ranges::stable_sort(sorted, is_before, &NamedLayer::name);
  if (std::ranges::equal(layers, sorted, {}, &NamedLayer::name, &NamedLayer::name)) return fits;
  for (OrderedFit& fit : fits_of(sorted, name, image_size)) fits.push_back(std::move(fit));
  return fits;
}

}  // namespace alexnet
