#include "data/shards/scan_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "core/system_error.h"
#include "data/shards/scanner.h"

namespace alexnet {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::chrono::nanoseconds(std::chrono::seconds(time.tv_sec)).count() + time.tv_nsec;
}

}  // namespace

ScanCache::FileState ScanCache::state_of(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    throw system_error(fmt::format("cannot read {}", path.string()), last_error());
  }
  return {found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim),
          nanoseconds(found.st_ctim)};
}

bool ScanCache::is_settled(const FileState& file) const {
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  return std::max(std::get<3>(file), std::get<4>(file)) <= (now - settled_).count();
}

std::shared_ptr<const Shard> ScanCache::get(const std::filesystem::path& path,
                                            const LabelNames& names) {
  const FileState file = state_of(path);
  const std::scoped_lock lock(mutex_);
  Entry& entry = entries_[{path, names.digest()}];
  if (entry.shard != nullptr && entry.file == file) return entry.shard;
  entry.shard = nullptr;
  auto shard = std::make_shared<const Shard>(scan_shard(path, names));
  if (is_settled(file)) entry = {file, shard};
  return shard;
}

ScanCache& scan_cache() {
  static ScanCache cache;
  return cache;
}

}  // namespace alexnet
