#include "core/appended_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/system_error.h"

namespace alexnet {

AppendedFile::AppendedFile(std::filesystem::path path, std::uint64_t bytes)
    : path_(std::move(path)) {
  descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail();
  const off_t end = lseek(descriptor_, 0, SEEK_END);
  size_ = std::min(bytes, static_cast<std::uint64_t>(std::max<off_t>(end, 0)));
  if (end < 0 || ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) {
    const int error = errno;
    close(descriptor_);
    errno = error;
    fail();
  }
}

AppendedFile::~AppendedFile() {
  close(descriptor_);
}

void AppendedFile::write(std::span<const std::byte> bytes) {
  write_at(size_, bytes);
  size_ += bytes.size();
}

void AppendedFile::overwrite(std::uint64_t position, std::span<const std::byte> bytes) {
  write_at(position, bytes);
}

void AppendedFile::write_at(std::uint64_t position, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    position += static_cast<std::uint64_t>(written);
  }
}

void AppendedFile::sync() {
  if (fdatasync(descriptor_) != 0) fail();
}

void AppendedFile::fail() const {
  throw system_error(fmt::format("cannot write {}", path_.string()), last_error());
}

}  // namespace alexnet
