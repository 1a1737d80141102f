#pragma once

#include <alexnet/architecture.h>

#include <string_view>
#include <vector>

#include "formats/common/listed_tensor.h"

namespace alexnet {

/// A network that tensors make whatever their names are.
struct OrderedFit {
  Architecture architecture;
  std::vector<const ListedTensor*> tensors;  ///< as architecture.parameters() has them
};

/// The networks of network_names(), or `name` where that is not empty, whose layers' weights and
/// biases have the shapes of these tensors, taken in the file's order or, as safetensors are sorted
/// by name, in that of the numbers in their names. None unless every tensor beside them in the dict
/// is the weight or bias of a layer.
std::vector<OrderedFit> fit_by_order(const std::vector<ListedTensor>& tensors,
                                     std::string_view name, Size image_size);

}  // namespace alexnet
