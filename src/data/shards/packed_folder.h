#pragma once

#include <filesystem>
#include <vector>

#include "core/file.h"
#include "data/shards/index.h"

namespace alexnet {

/// The folder that a set is packed into: aside at first, in a hidden folder below, so that an
/// earlier set stays as it is until the new one is whole. Every member throws Error or
/// filesystem_error.
class PackedFolder {
 public:
  /// Refuses a folder that holds what no packed set does, or that another process packs into.
  explicit PackedFolder(const std::filesystem::path& folder);
  /// What lies aside is removed, unless the earlier set is gone and the new one not yet in its
  /// place.
  ~PackedFolder();
  PackedFolder(const PackedFolder&) = delete;
  PackedFolder& operator=(const PackedFolder&) = delete;

  /// Where the shards are to be written.
  const std::filesystem::path& aside() const { return aside_; }
  /// Puts these shards in place of the earlier set. Until that is done, an index is there that
  /// lists shards that are not, and readers refuse the set.
  void commit(const ShardIndex& index);

 private:
  std::filesystem::path folder_;
  std::filesystem::path aside_;
  AtomicFile lock_;                             // never committed: it is held to the end
  std::vector<std::filesystem::path> earlier_;  // shards
  AtomicFile index_;
  bool replacing_ = false;
};

}  // namespace alexnet
