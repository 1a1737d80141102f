#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// Samples of which the next one is drawn while training reads shards one behind the other.
inline constexpr std::size_t kShuffleBuffer = 4096;

/// Whether a folder holds an index.json of ours, or tar archives and no folders, or the text is a
/// pattern of archives' names such as "train-{000000..000146}.tar".
bool is_shard_folder(const std::filesystem::path& folder);
bool is_shard_pattern(std::string_view data);

/// The names that a pattern stands for: braces become all numbers from the first to the last, as
/// wide as the first. Throws Error on other braces.
std::vector<std::string> expand_shard_pattern(std::string_view pattern);

/// Images and classes in tar archives by WebDataset's convention. Of a folder, those that
/// index.json lists, or train-*.tar, val-*.tar and test-*.tar, or all as one set; of a pattern,
/// those that it names. Classes are index.json's, those of classes.txt beside the archives, or
/// numbers, the same for all parts of a folder. Null when there is no validation part. Throws Error
/// when an archive or the index is damaged.
DatasetPtr open_shard_folder(const std::filesystem::path& folder, Split split);
DatasetPtr open_shard_pattern(std::string_view pattern, Split split);

/// The splits that a folder has; Split::train alone without any.
std::vector<Split> shard_splits(const std::filesystem::path& folder);

}  // namespace alexnet
