#include "data/shards/packed_folder.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <system_error>

#include "data/shards/archive_file.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAside = ".packing";

ShardIndex earlier_index(const fs::path& folder) {
  try {
    return read_shard_index(folder);
  } catch (const Error&) {
    throw Error(
        fmt::format("{} is damaged, so which files are the earlier set's is not known; "
                    "remove that set, or give a folder of its own",
                    (folder / kShardIndexFile).string()));
  }
}

// The shards of the packed set in a folder, if there is one.
std::vector<fs::path> listed_shards(const fs::path& folder) {
  std::vector<fs::path> paths;
  if (!fs::exists(folder / kShardIndexFile)) return paths;
  if (!has_shard_index(folder)) {
    throw Error(fmt::format("{} holds an {} that no packed set has; give a folder of its own",
                            folder.string(), kShardIndexFile));
  }
  for (const ShardIndex::Part& part : earlier_index(folder).parts) {
    for (const Shard& shard : part.shards) paths.push_back(shard.path);
  }
  return paths;
}

// The earlier set's shards in a folder that holds nothing else that might be taken for one: other
// readers take all archives for parts of the set.
std::vector<fs::path> earlier_shards(const fs::path& folder) {
  if (!fs::exists(folder)) return {};
  std::vector<fs::path> listed = listed_shards(folder);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const bool other_folder = entry.is_directory() && entry.path().filename() != kAside;
    const bool other_archive =
        is_archive_name(entry.path()) && std::ranges::find(listed, entry.path()) == listed.end();
    if (other_folder || other_archive) {
      throw Error(
          fmt::format("{} holds {}, which is none of a packed set's files; give a folder "
                      "of its own",
                      folder.string(), entry.path().filename().string()));
    }
  }
  return listed;
}

const fs::path& made(const fs::path& folder) {
  fs::create_directories(folder);
  return folder;
}

}  // namespace

PackedFolder::PackedFolder(const fs::path& folder)
    : folder_(folder),
      aside_(folder / kAside),
      lock_(made(folder) / ".packing.lock"),
      earlier_(earlier_shards(folder)),
      index_(folder / kShardIndexFile) {
  fs::remove_all(aside_);  // of a process that was killed
  fs::create_directory(aside_);
}

PackedFolder::~PackedFolder() {
  std::error_code ignored;
  if (!replacing_) fs::remove_all(aside_, ignored);
}

void PackedFolder::commit(const ShardIndex& index) {
  const std::string text = shard_index_text(index);
  index_.write(std::as_bytes(std::span(text)));
  replacing_ = true;
  for (const fs::path& shard : earlier_) fs::remove(shard);
  index_.commit();
  for (const ShardIndex::Part& part : index.parts) {
    for (const Shard& shard : part.shards) {
      fs::rename(shard.path, folder_ / shard.path.filename());
    }
  }
  replacing_ = false;
  std::string names;
  for (const std::string& name : index.classes) names += name + "\n";
  write_text_file(folder_ / kShardClassesFile, names);  // which syncs the folder too
}

}  // namespace alexnet
