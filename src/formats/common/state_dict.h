#pragma once

#include <alexnet/architecture.h>
#include <alexnet/parameters.h>

#include <string>
#include <string_view>
#include <vector>

#include "formats/common/listed_tensor.h"

namespace alexnet {

struct StateDictOptions {
  std::string_view network;  ///< of network_names(); empty: the one that the tensors fit
  Size image_size = 0;       ///< 0: the network's own
  std::string_view state;    ///< which of several dicts, or a part of its name; empty: the only one
};

/// A network that was found among a file's tensors.
struct StateDict {
  Architecture architecture;
  Parameters parameters;
  std::string within;  ///< what its tensors' names have more than torchvision's, for people to
                       ///< read: "'state_dict.module.'"; or ""
  std::string left;    ///< other tensors of its dict, for people to read: "'aux.0.weight' and 3
                       ///< more"; or ""
  std::string order;   ///< where it has other names, the first and the last of its tensors, for
                       ///< people to read: "'conv1.weight' to 'fc8.bias'"; or ""
};

/// Finds the tensors whose names end as torchvision's do, whatever comes before and in between
/// ("model.features.module.0.weight"), and whose shapes make a network; other tensors are left, as
/// are counters (num_batches_tracked), but those of a BatchNormalization in the same dict are
/// refused. Where no names do, the tensors are taken by their order and
/// shapes, if these are one network's. Throws Error, beginning with `source`: where none make one,
/// with what is there beside what is wanted, and where several do, with their names.
StateDict find_state_dict(const std::vector<ListedTensor>& listed, const StateDictOptions& options,
                          std::string_view source);

}  // namespace alexnet
