// Names and shapes show all of a network but strides, paddings and what has no parameters: these
// are taken from the networks that are known by name.
#include "formats/common/infer_architecture.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <limits>

namespace alexnet {
namespace {

// Outputs or inputs of a layer by its weight's shape.
int extent_of(const std::string& layer, const Shape& shape, std::size_t axis) {
  const std::int64_t extent = shape[axis];
  if (extent < 1 || extent > std::numeric_limits<int>::max()) {
    throw Error(fmt::format("'{}.weight' has shape {}", layer, to_string(shape)));
  }
  return static_cast<int>(extent);
}

const Shape& weight_shape(const NamedShapes& shapes, const std::string& layer, std::size_t rank) {
  const std::string name = layer + ".weight";
  const auto found = shapes.find(name);
  if (found == shapes.end()) throw Error(fmt::format("'{}' is missing", name));
  if (found->second.size() != rank) {
    throw Error(fmt::format("'{}' has shape {}", name, to_string(found->second)));
  }
  return found->second;
}

// Throws Error with the first difference.
void check_shapes(const Architecture& net, const NamedShapes& shapes) {
  NamedShapes expected;
  for (const ParameterSpec& spec : net.parameters()) {
    const auto found = shapes.find(spec.name);
    if (found == shapes.end()) throw Error(fmt::format("'{}' is missing", spec.name));
    if (found->second != spec.shape) {
      throw Error(fmt::format("'{}' has shape {} where {} is needed", spec.name,
                              to_string(found->second), to_string(spec.shape)));
    }
    expected.emplace(spec.name, spec.shape);
  }
  for (const auto& [name, shape] : shapes) {
    if (!expected.contains(name))
      throw Error(fmt::format("'{}' is not one of its parameters", name));
  }
}

// With the channels, features and classes of `shapes`. Throws Error with the first difference.
Architecture fitted(std::string_view name, Size image_size, const NamedShapes& shapes) {
  Architecture net = make_network(name, {.image_size = image_size});
  const std::vector<LayerInfo> infos = net.describe();
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    if (auto* conv = std::get_if<Conv>(&net.layers[i])) {
      const Shape& shape = weight_shape(shapes, infos[i].name, 4);
      conv->out_channels = extent_of(infos[i].name, shape, 0);
      if (i == 0) net.in_channels = extent_of(infos[i].name, shape, 1);
    } else if (auto* linear = std::get_if<Linear>(&net.layers[i])) {
      linear->out_features = extent_of(infos[i].name, weight_shape(shapes, infos[i].name, 2), 0);
    }
  }
  net.validate();
  check_shapes(net, shapes);
  return net;
}

std::vector<std::string_view> candidates(std::string_view name) {
  if (name.empty()) return network_names();
  make_network(name);  // throws where there is none of this name
  return {name};
}

}  // namespace

std::vector<Architecture> fitting_networks(const NamedShapes& shapes, std::string_view name,
                                           Size image_size) {
  std::vector<Architecture> fits;
  for (const std::string_view candidate : candidates(name)) {
    try {
      fits.push_back(fitted(candidate, image_size, shapes));
    } catch (const Error&) {
      continue;
    }
  }
  return fits;
}

Misfit nearest_misfit(const NamedShapes& shapes, std::string_view name, Size image_size) {
  Misfit nearest;
  std::ptrdiff_t most = -1;
  for (const std::string_view candidate : candidates(name)) {
    std::vector<ParameterSpec> wanted = make_network(candidate).parameters();
    std::ptrdiff_t same = 0;
    for (const ParameterSpec& spec : wanted) {
      const auto found = shapes.find(spec.name);
      if (found != shapes.end()) same += found->second == spec.shape ? 2 : 1;
    }
    if (same <= most) continue;
    most = same;
    nearest = {.network = std::string(candidate), .why = "", .wanted = std::move(wanted)};
  }
  try {
    fitted(nearest.network, image_size, shapes);
  } catch (const Error& error) {
    nearest.why = error.what();
  }
  return nearest;
}

}  // namespace alexnet
