#include "core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <system_error>
#include <utility>

#include "core/system_error.h"

namespace alexnet {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

[[noreturn]] void fail_reading(const std::filesystem::path& path) {
  throw system_error(fmt::format("cannot read {}", path.string()), last_error());
}

// A rename is on disk only when its folder is. Some file systems cannot sync one: EINVAL.
int sync_folder_of(const std::filesystem::path& path) {
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  const Descriptor directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const bool synced = directory.get() >= 0 && fsync(directory.get()) == 0;
  return synced || errno == EINVAL ? 0 : errno;
}

// Of a file just opened for reading.
std::size_t regular_size(const Descriptor& file, const std::filesystem::path& path) {
  if (file.get() < 0) fail_reading(path);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) fail_reading(path);
  if (!S_ISREG(status.st_mode)) {
    throw Error(fmt::format("cannot read {}: it is not a regular file", path.string()));
  }
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

bool is_still_at(int descriptor, const std::filesystem::path& path) {
  struct stat held {};
  struct stat named {};
  return fstat(descriptor, &held) == 0 && stat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::size_t size = regular_size(file, path);
  if (size == 0) return;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) fail_reading(path);
  bytes_ = {static_cast<std::byte*>(memory), size};
  is_file_ = true;
}

MappedFile::MappedFile(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  void* memory =
      mmap(nullptr, bytes.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  bytes_ = {static_cast<std::byte*>(memory), bytes.size()};
  std::ranges::copy(bytes, bytes_.begin());
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), aside_(path_.string() + ".partial") {
  std::error_code ignored;
  const auto status = std::filesystem::status(path_, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    fail("it is not a regular file", ErrorKind::bad_input);
  }
  descriptor_ = open_aside();
}

int AtomicFile::open_aside() const {
  for (;;) {
    Descriptor file(open(aside_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    if (file.get() < 0) fail();
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) fail("another process is writing it", ErrorKind::io);
      fail();
    }
    if (!is_still_at(file.get(), aside_)) continue;
    if (ftruncate(file.get(), 0) != 0) fail();
    return file.release();
  }
}

AtomicFile::~AtomicFile() {
  if (!committed_) unlink(aside_.c_str());
  close(descriptor_);
}

void AtomicFile::fail() const {
  const std::error_code code = last_error();
  fail(message_of(code), kind_of(code));
}

void AtomicFile::fail(const std::string& why, ErrorKind kind) const {
  std::error_code ignored;
  const bool earlier = std::filesystem::is_regular_file(path_, ignored);
  throw Error(fmt::format("cannot write {}: {}{}", path_.string(), why,
                          earlier ? "; the earlier file is unchanged" : ""),
              kind);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::overwrite(std::uint64_t position, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    position += static_cast<std::uint64_t>(written);
  }
}

void AtomicFile::commit() {
  if (fsync(descriptor_) != 0) fail();
  if (std::rename(aside_.c_str(), path_.c_str()) != 0) fail();
  committed_ = true;
  if (const int error = sync_folder_of(path_); error != 0) {
    throw system_error(fmt::format("cannot sync the folder of {}", path_.string()),
                       {error, std::generic_category()});
  }
}

void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::size_t size = regular_size(file, path);
  bytes.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.get(), bytes.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_reading(path);
    if (got == 0) break;  // it was cut short meanwhile
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
}

std::string read_text_file(const std::filesystem::path& path) {
  std::vector<std::uint8_t> bytes;
  read_file(path, bytes);
  return {bytes.begin(), bytes.end()};
}

void try_to_write(const std::filesystem::path& path) {
  const AtomicFile file(path);
}

void write_text_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

}  // namespace alexnet
