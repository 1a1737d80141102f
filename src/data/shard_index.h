#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

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

/// Complete or as it was. Throws Error.
void write_shard_index(const std::filesystem::path& folder, const ShardIndex& index);

/// Reads the one in `folder` and looks whether the shards have the sizes that it says. Throws
/// Error, naming the file and what is wrong.
ShardIndex read_shard_index(const std::filesystem::path& folder);

/// Finds the images of a shard that has no index: .jpg, .jpeg and .png with a .cls of the same key,
/// which holds the class's number; other members are left out. Throws Error, naming shard and
/// member, when one has no class or the archive is damaged.
Shard scan_shard(const std::filesystem::path& path);

/// The part of a member's name before the first dot of its last part: what belongs together has the
/// same.
std::string_view shard_key(std::string_view name);

}  // namespace alexnet
