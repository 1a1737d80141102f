#pragma once

#include <filesystem>

#include "data/shards/index.h"
#include "data/shards/labels.h"

namespace alexnet {

/// Finds the images of a shard that has no index, each with its label, a .cls, .class, .json or
/// .txt of the same key; what the archive holds else is counted in Shard::left_out, but for hidden
/// files and what Macs and archivers note beside files. Throws Error, naming shard and member, when
/// an image has no label or the archive is damaged.
Shard scan_shard(const std::filesystem::path& path, const LabelNames& names = {});

}  // namespace alexnet
