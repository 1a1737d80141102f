#pragma once

#include <filesystem>
#include <optional>

#include "core/lock_file.h"

namespace alexnet {

/// The run folder, into which no other process can train meanwhile.
class RunLock {
 public:
  /// Makes the folder where there is none. Throws Error when that cannot be, when it cannot be
  /// written into, and when another process trains into it.
  explicit RunLock(std::filesystem::path folder);
  /// Leaves no folder behind that it made and that stayed empty.
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  std::filesystem::path folder_;
  bool made_ = false;
  std::optional<LockFile> lock_;
};

}  // namespace alexnet
