// Names and shapes show all of a network but strides, paddings and what has no parameters: these
// are taken from the networks that are known by name.
#include "formats/infer_architecture.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <string>
#include <vector>

namespace alexnet {
namespace {

int as_extent(std::int64_t extent) {
  if (extent < 1 || extent > std::numeric_limits<int>::max()) {
    throw Error(fmt::format("a tensor has an extent of {}", extent));
  }
  return static_cast<int>(extent);
}

const Shape& weight_shape(const Parameters& parameters, std::string_view network,
                          const std::string& layer, std::size_t rank) {
  const std::string name = layer + ".weight";
  if (!parameters.contains(name)) throw Error(fmt::format("{}: '{}' is missing", network, name));
  const Shape& shape = parameters.at(name).shape();
  if (shape.size() != rank) {
    throw Error(fmt::format("{}: '{}' has shape {}", network, name, to_string(shape)));
  }
  return shape;
}

// With the channels, features and classes of `parameters`. Throws Error with the first difference.
Architecture fitted(std::string_view name, int image_size, const Parameters& parameters) {
  Architecture net = network(name, {.image_size = image_size});
  const std::vector<LayerInfo> infos = net.describe();
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    if (auto* conv = std::get_if<Conv>(&net.layers[i])) {
      const Shape& shape = weight_shape(parameters, name, infos[i].name, 4);
      conv->out_channels = as_extent(shape[0]);
      if (i == 0) net.in_channels = as_extent(shape[1]);
    } else if (auto* linear = std::get_if<Linear>(&net.layers[i])) {
      linear->out_features = as_extent(weight_shape(parameters, name, infos[i].name, 2)[0]);
    }
  }
  net.validate();
  check_shapes(net, parameters, name);
  return net;
}

std::vector<Architecture> all_fitted(const std::vector<std::string_view>& names, int image_size,
                                     const Parameters& parameters, std::string_view source) {
  std::vector<Architecture> fits;
  std::string reason;  // of the first
  for (const std::string_view name : names) {
    try {
      fits.push_back(fitted(name, image_size, parameters));
    } catch (const Error& error) {
      if (reason.empty()) reason = error.what();
    }
  }
  if (fits.empty()) {
    throw Error(fmt::format("{}: does not fit {}: {}", source, fmt::join(names, " or "), reason));
  }
  return fits;
}

}  // namespace

Architecture infer_architecture(const Parameters& parameters, std::string_view name, int image_size,
                                std::string_view source) {
  const auto names = name.empty() ? network_names() : std::vector{name};
  std::vector<Architecture> fits = all_fitted(names, image_size, parameters, source);
  if (fits.size() > 1) {
    std::vector<std::string> found;
    found.reserve(fits.size());
    for (const Architecture& net : fits) found.push_back(net.name);
    throw Error(fmt::format("{}: its tensors fit {}; say which (convert it with --model)", source,
                            fmt::join(found, " and ")));
  }
  return std::move(fits.front());
}

}  // namespace alexnet
