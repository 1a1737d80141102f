#pragma once

#include <alexnet/dataset.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/files/random_access_file.h"

namespace alexnet {

/// An image within a shard.
struct ShardSample {
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  std::uint32_t crc32 = 0;
  std::int32_t label = 0;
};

/// A tar archive of images and their classes.
struct Shard {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;  ///< of the whole file
  bool has_checksums = false;
  std::vector<ShardSample> samples;
  std::map<std::size_t, std::string> links;          ///< names of samples that are hard links
  std::vector<LeftOut> left_out;                     ///< members that are no samples
  std::shared_ptr<const RandomAccessFile> unpacked;  ///< of one that gzip has compressed
};

/// What index.json beside the shards says.
struct ShardIndex {
  struct Part {
    std::string name;  ///< "train", "val", "test"
    std::vector<Shard> shards;
  };
  std::vector<std::string> classes;
  std::vector<Part> parts;
};

inline constexpr const char* kShardIndexFile = "index.json";
inline constexpr const char* kShardClassesFile = "classes.txt";

/// Whether the folder's index.json, if any, is one of ours, whole or not.
bool has_shard_index(const std::filesystem::path& folder);

/// What index.json holds; of the shards' paths the last part.
std::string shard_index_text(const ShardIndex& index);

/// Reads the one in `folder`: not the shards. Throws Error, naming the file and what is wrong.
ShardIndex read_shard_index(const std::filesystem::path& folder);

/// Throws Error unless the part's shards are there and have the sizes that the index says.
void check_shard_files(const ShardIndex::Part& part);

}  // namespace alexnet
