#include "data/random_access_file.h"

#include <alexnet/error.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace alexnet {

RandomAccessFile::RandomAccessFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor_ < 0 || fstat(descriptor_, &status) != 0) {
    const std::string why = std::generic_category().message(errno);
    if (descriptor_ >= 0) close(descriptor_);
    throw Error(fmt::format("cannot read {}: {}", path_.string(), why));
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

RandomAccessFile::~RandomAccessFile() {
  close(descriptor_);
}

void RandomAccessFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw Error(
          fmt::format("cannot read {} at byte {}: {}", path_.string(), offset,
                      got == 0 ? "it ends before" : std::generic_category().message(errno)));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

void RandomAccessFile::will_be_read(std::uint64_t begin, std::uint64_t end) const {
  constexpr std::uint64_t kPiece = 128 << 10;  // Linux cuts larger ones to what a device takes
  for (; begin < end; begin += kPiece) {
    const std::uint64_t size = std::min(kPiece, end - begin);
    static_cast<void>(posix_fadvise(descriptor_, static_cast<off_t>(begin),
                                    static_cast<off_t>(size), POSIX_FADV_WILLNEED));  // a hint
  }
}

}  // namespace alexnet
