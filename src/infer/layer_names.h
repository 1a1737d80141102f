#pragma once

#include <alexnet/architecture.h>

#include <cstddef>
#include <string>
#include <vector>

namespace alexnet {

/// A layer of a network by its names.
struct LayerName {
  std::size_t layer = 0;    ///< its index
  std::string torchvision;  ///< "features.0", "avgpool"
  std::string caffe;        ///< "conv1", which the paper's layers are mostly called; "avgpool"
};

/// Of all layers that torchvision has names for. Caffe's numbers are those of the layers with
/// weights; what follows one has its number.
std::vector<LayerName> layer_names(const Architecture& net);

}  // namespace alexnet
