#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <vector>

#include "data/sets/folder_index.h"

namespace alexnet {

/// Where indexes are kept, and which.
struct FolderCache {
  std::filesystem::path folder;
  std::size_t least_files = 10'000;
  /// How long directories must be unchanged, which is longer than any file system's clock ticks.
  std::chrono::nanoseconds settled = std::chrono::seconds(2);
};

/// $XDG_CACHE_HOME/alexnet/folders, or ~/.cache/alexnet/folders; none where neither is known.
FolderCache user_folder_cache();

/// The images in class folders below `root`. Read from the cache where that is up to date, and kept
/// there otherwise, if it can be written. Throws Error or filesystem_error.
FolderIndex index_folder(const std::filesystem::path& root, const std::vector<ClassFolder>& classes,
                         const FolderCache& cache);

}  // namespace alexnet
