#include "core/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "core/file.h"
#include "core/system_error.h"

namespace alexnet {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw system_error(fmt::format("cannot write {}", path.string()), last_error());
}

std::string this_process() {
  constexpr std::size_t kLongest = 256;
  std::array<char, kLongest> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {'?'};
  return fmt::format("process {} on {}", getpid(), host.data());
}

// The holder writes who it is right after it took the lock.
std::string holder(int descriptor) {
  constexpr std::size_t kLongest = 512;
  std::array<char, kLongest> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "another process";
}

// None where another process has replaced or removed the file meanwhile.
int try_lock(const std::filesystem::path& path, std::string_view does) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(path);
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
    if (is_still_at(descriptor, path)) return descriptor;
    close(descriptor);
    return -1;
  }
  const std::error_code error = last_error();
  const std::string other = holder(descriptor);
  close(descriptor);
  if (error != std::errc::operation_would_block) {
    throw system_error(fmt::format("cannot lock {}", path.string()), error);
  }
  throw Error(fmt::format("{} {}", other, does), ErrorKind::io);
}

}  // namespace

LockFile::LockFile(std::filesystem::path path, std::string_view does) : path_(std::move(path)) {
  while (descriptor_ < 0) descriptor_ = try_lock(path_, does);
  const std::string text = this_process();
  const bool written =
      ftruncate(descriptor_, 0) == 0 &&
      pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (written) return;
  const int error = errno;
  unlink(path_.c_str());
  close(descriptor_);
  errno = error;
  fail(path_);
}

LockFile::~LockFile() {
  unlink(path_.c_str());
  close(descriptor_);
}

}  // namespace alexnet
