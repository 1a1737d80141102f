#pragma once

#include <filesystem>

#include "data/shard_index.h"

namespace alexnet {

/// Finds the images of a shard that has no index: .jpg, .jpeg and .png with a .cls of the same key,
/// which holds the class's number, below a million; other members are left out. Throws Error,
/// naming shard and member, when one has no class or the archive is damaged.
Shard scan_shard(const std::filesystem::path& path);

}  // namespace alexnet
