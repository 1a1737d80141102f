#pragma once

#include <alexnet/architecture.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// Tensors' shapes by their names.
using NamedShapes = std::map<std::string, Shape, std::less<>>;

/// The networks that parameters of these shapes may belong to: of network_names(), or `name` where
/// that is not empty, with the channels, features and classes that the shapes show, for images of
/// `image_size` (0: the network's own).
std::vector<Architecture> fitting_networks(const NamedShapes& shapes, std::string_view name,
                                           Size image_size);

/// What keeps shapes that fit no network from fitting the network `name`, or, where that is empty,
/// the one of network_names() with most of the same names and shapes.
struct Misfit {
  std::string network;
  std::string why;                    ///< the first difference
  std::vector<ParameterSpec> wanted;  ///< the network's own
};
Misfit nearest_misfit(const NamedShapes& shapes, std::string_view name, Size image_size);

}  // namespace alexnet
