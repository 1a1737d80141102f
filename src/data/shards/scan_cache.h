#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "data/shards/index.h"
#include "data/shards/labels.h"

namespace alexnet {

/// What scan_shard found in files, as long as these stay as they are: every part of a set without
/// classes.txt needs the labels of all parts. With it stays what was unpacked.
class ScanCache {
 public:
  /// A file must have been unchanged for `settled`, which is longer than any file system's clock
  /// ticks.
  explicit ScanCache(std::chrono::nanoseconds settled = std::chrono::seconds(2))
      : settled_(settled) {}

  /// From the cache, or scanned. Throws Error as scan_shard.
  std::shared_ptr<const Shard> get(const std::filesystem::path& path, const LabelNames& names = {});

 private:
  // Device, inode, size, times of change of content and of anything.
  using FileState =
      std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;
  struct Entry {
    FileState file;
    std::shared_ptr<const Shard> shard;
  };

  static FileState state_of(const std::filesystem::path& path);
  bool is_settled(const FileState& file) const;

  std::chrono::nanoseconds settled_;
  std::mutex mutex_;
  std::map<std::pair<std::filesystem::path, std::string>, Entry> entries_;  // and of which names
};

/// The process's own.
ScanCache& scan_cache();

}  // namespace alexnet
