#pragma once

#include <alexnet/dataset.h>

#include <span>
#include <string>
#include <vector>

#include "data/shards/index.h"

namespace alexnet {

/// The images of these shards, one shard behind the other. `left_out` is what lies beside them.
DatasetPtr make_shard_dataset(std::vector<Shard> shards, std::vector<std::string> classes,
                              std::vector<LeftOut> left_out);

/// The shards of such a set; none of another.
std::span<const Shard> shards_in(const Dataset& dataset);

}  // namespace alexnet
