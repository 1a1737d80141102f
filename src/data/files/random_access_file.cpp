#include "data/files/random_access_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/system_error.h"

namespace alexnet {

RandomAccessFile::RandomAccessFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor_ < 0 || fstat(descriptor_, &status) != 0) {
    const std::error_code why = last_error();
    if (descriptor_ >= 0) close(descriptor_);
    throw system_error(fmt::format("cannot read {}", path_.string()), why);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

RandomAccessFile::RandomAccessFile(std::filesystem::path path,
                                   std::unique_ptr<const MappedFile> content)
    : path_(std::move(path)), content_(std::move(content)), size_(content_->bytes().size()) {}

RandomAccessFile::~RandomAccessFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void RandomAccessFile::fail_at_end(std::uint64_t offset) const {
  throw Error(fmt::format("cannot read {} at byte {}: it ends before", path_.string(), offset));
}

void RandomAccessFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  if (content_) {
    if (offset > size_ || bytes.size() > size_ - offset) fail_at_end(offset);
    std::ranges::copy(content_->bytes().subspan(offset, bytes.size()), bytes.begin());
    return;
  }
  while (!bytes.empty()) {
    const ssize_t got = pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw system_error(fmt::format("cannot read {} at byte {}", path_.string(), offset),
                         last_error());
    }
    if (got == 0) fail_at_end(offset);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

void RandomAccessFile::will_be_read(std::uint64_t begin, std::uint64_t end) const {
  if (content_) return;
  constexpr std::uint64_t kPiece = 128 << 10;  // Linux cuts larger ones to what a device takes
  for (; begin < end; begin += kPiece) {
    const std::uint64_t size = std::min(kPiece, end - begin);
    static_cast<void>(posix_fadvise(descriptor_, static_cast<off_t>(begin),
                                    static_cast<off_t>(size), POSIX_FADV_WILLNEED));  // a hint
  }
}

}  // namespace alexnet
