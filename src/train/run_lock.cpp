#include "train/run_lock.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "core/run_files.h"
#include "core/system_error.h"

namespace alexnet {

namespace fs = std::filesystem;

RunLock::RunLock(fs::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  made_ = fs::create_directories(folder_, error);
  if (error)
    throw system_error(fmt::format("cannot make the run folder {}", folder_.string()), error);
  lock_.emplace(folder_ / kRunLockFile,
                fmt::format("trains into {}; wait until it ends, or choose another folder (--out)",
                            folder_.string()));
}

RunLock::~RunLock() {
  lock_.reset();
  std::error_code not_empty;
  if (made_) fs::remove(folder_, not_empty);
}

}  // namespace alexnet
