#include "data/shards/shards.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "data/sets/left_out.h"
#include "data/sets/split.h"
#include "data/sets/stray_files.h"
#include "data/shards/archive_file.h"
#include "data/shards/dataset.h"
#include "data/shards/index.h"
#include "data/shards/scanned_set.h"
#include "data/shards/shard_files.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

// A folder of class folders is packed into one part, train: under the name of another part it is
// that.
void take_folders_part(const fs::path& folder, ShardIndex& index) {
  const auto part = part_of_folder(folder);
  const bool is_undivided = index.parts.size() == 1 && index.parts.front().name == "train";
  if (part && is_undivided) index.parts.front().name = split_name(*part);
}

ShardIndex read_index(const fs::path& folder) {
  ShardIndex index = read_shard_index(folder);
  take_folders_part(folder, index);
  return index;
}

std::vector<LeftOut> not_listed(const fs::path& folder, const ShardIndex& index) {
  std::set<fs::path> listed;
  for (const ShardIndex::Part& part : index.parts) {
    for (const Shard& shard : part.shards) listed.insert(shard.path.filename());
  }
  std::vector<LeftOut> left_out;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path name = entry.path().filename();
    if (!is_archive_name(name) || listed.contains(name)) continue;
    add_left_out(left_out, {fmt::format("an archive that {} does not list", kShardIndexFile), 1,
                            name.string()});
  }
  std::ranges::copy(stray_files(folder, kOutsideOfShards, is_archive_name),
                    std::back_inserter(left_out));
  return left_out;
}

DatasetPtr open_indexed(const fs::path& folder, Split split) {
  ShardIndex index = read_index(folder);
  const auto part = std::ranges::find(index.parts, split_name(split), &ShardIndex::Part::name);
  if (part == index.parts.end()) return nullptr;
  check_shard_files(*part);
  std::vector<LeftOut> left_out = not_listed(folder, index);
  return make_shard_dataset(std::move(part->shards), std::move(index.classes), std::move(left_out));
}

}  // namespace

bool is_shard_folder(const fs::path& folder) {
  return has_shard_index(folder) || has_shard_files(folder);
}

DatasetPtr open_shard_folder(const fs::path& folder, Split split) {
  if (has_shard_index(folder)) return open_indexed(folder, split);
  return open_scanned_set(shard_files_in(folder), split);
}

DatasetPtr open_shard_pattern(std::string_view pattern, Split split) {
  return open_scanned_set(shard_files_of(pattern), split);
}

DatasetParts shard_folder_parts(const fs::path& folder) {
  if (!has_shard_index(folder)) {
    ShardFiles files = shard_files_in(folder);
    return {parts_in_one_place(files.splits(), folder.string()), std::move(files.ignored)};
  }
  const ShardIndex index = read_index(folder);
  std::vector<Split> splits;
  std::ranges::copy_if(kSplits, std::back_inserter(splits), [&](Split split) {
    return std::ranges::count(index.parts, split_name(split), &ShardIndex::Part::name) > 0;
  });
  return {parts_in_one_place(splits, folder.string()), other_folders(folder)};
}

std::vector<Split> shard_pattern_splits(std::string_view pattern) {
  return shard_files_of(pattern).splits();
}

}  // namespace alexnet
