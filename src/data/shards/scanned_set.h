#pragma once

#include <alexnet/dataset.h>

#include "data/shards/shard_files.h"

namespace alexnet {

/// A part of a set of archives without index.json. Classes are those of the classes.txt that the
/// first part follows (beside its archives, or above their folder), behind them those that this
/// part's own list has besides; without lists the numbers that all parts need, from 1 where no
/// label is 0. Null when there is no such part. Throws Error when an archive is damaged, or lists
/// and labels contradict each other.
DatasetPtr open_scanned_set(ShardFiles files, Split split);

}  // namespace alexnet
