#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "data/sets/split.h"

namespace alexnet {

/// Samples of which the next one is drawn while training reads shards one behind the other.
inline constexpr std::size_t kShuffleBuffer = 4096;

/// Whether a folder holds an index.json of ours, or tar archives that are a set: archives of parts,
/// also in folders of parts, and no images elsewhere, or any archives and no folders.
bool is_shard_folder(const std::filesystem::path& folder);

/// Images and labels in tar archives by WebDataset's convention. Of a folder, the part that
/// index.json lists, or the archives of that part (shard_files_in, open_scanned_set); of a pattern
/// likewise. Null when there is no such part. Throws Error when an archive or the index is damaged.
DatasetPtr open_shard_folder(const std::filesystem::path& folder, Split split);
DatasetPtr open_shard_pattern(std::string_view pattern, Split split);

/// The parts that there are; of a set without any Split::train, or the one that the folder is
/// called by. All lie in that folder.
DatasetParts shard_folder_parts(const std::filesystem::path& folder);
std::vector<Split> shard_pattern_splits(std::string_view pattern);

}  // namespace alexnet
