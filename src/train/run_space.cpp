#include "train/run_space.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <system_error>

#include "train/checkpoint.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::string megabytes(std::uint64_t bytes) {
  constexpr double kMega = 1e6;
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / kMega);
}

void check_limit(const fs::path& folder, std::uint64_t largest) {
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur >= largest) return;
  throw Error(fmt::format("{}: a checkpoint of the run has {} and this process may write files of "
                          "{} at most; raise the limit (ulimit -f)",
                          folder.string(), megabytes(largest), megabytes(limit.rlim_cur)),
              ErrorKind::io);
}

void check_free(const fs::path& folder, std::uint64_t bytes) {
  std::error_code unknown;
  const fs::space_info space = fs::space(folder, unknown);
  if (unknown || space.available >= bytes) return;
  throw Error(
      fmt::format("{}: the run's weights and checkpoints need {} there and {} are free; make "
                  "room, or choose another folder (--out)",
                  folder.string(), megabytes(bytes), megabytes(space.available)),
      ErrorKind::io);
}

std::uint64_t bytes_there(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const char* file : {kLastFile, kBestFile}) {
    std::error_code absent;
    const std::uintmax_t size = fs::file_size(folder / file, absent);
    if (!absent) bytes += size;
  }
  return bytes;
}

}  // namespace

void require_space(const fs::path& folder, std::int64_t parameters) {
  // The last checkpoint, the one before a validation, the one that is being written, and the best
  // weights; momentum is as large as the weights.
  constexpr std::uint64_t kCopies = 7;
  constexpr std::uint64_t kOfACheckpoint = 2;
  const std::uint64_t weights = static_cast<std::uint64_t>(parameters) * sizeof(float);
  check_limit(folder, kOfACheckpoint * weights);
  check_free(folder, kCopies * weights - std::min(bytes_there(folder), kCopies * weights));
}

}  // namespace alexnet
