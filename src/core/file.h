#pragma once

#include <alexnet/error.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// Whether an open file is the one at `path`: between open and flock another process may have
/// renamed or removed it.
bool is_still_at(int descriptor, const std::filesystem::path& path);

/// A file's bytes in memory. They may be changed; the file stays as it is. For files that nobody
/// cuts short meanwhile: reading what is gone ends the process.
class MappedFile {
 public:
  /// Throws Error when the file is missing, unreadable or not a regular file.
  explicit MappedFile(const std::filesystem::path& path);
  /// A copy of bytes that came another way. Throws std::bad_alloc.
  explicit MappedFile(std::span<const std::byte> bytes);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  std::span<std::byte> bytes() { return bytes_; }
  /// Whether the bytes are the file's pages, and not a copy.
  bool is_file() const { return is_file_; }

 private:
  std::span<std::byte> bytes_;
  bool is_file_ = false;
};

/// Writes `path`.partial and renames it at `commit`: the file at `path` is complete or as it was.
/// Destroyed without a commit, it leaves nothing behind; what a killed process leaves, the next
/// writer overwrites. Every member throws Error (no space, no permission, …).
class AtomicFile {
 public:
  /// Also throws Error when another process is writing the same file.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Replaces bytes that were written before; what `write` adds still goes to the end.
  void overwrite(std::uint64_t position, std::span<const std::byte> bytes);
  /// Syncs, renames over `path` and syncs the folder.
  void commit();

 private:
  int open_aside() const;
  [[noreturn]] void fail() const;  // of errno
  [[noreturn]] void fail(const std::string& why, ErrorKind kind) const;

  std::filesystem::path path_;
  std::string aside_;
  int descriptor_ = -1;
  bool committed_ = false;
};

/// Throws Error when an AtomicFile cannot be written to `path`, as far as can be told beforehand.
void try_to_write(const std::filesystem::path& path);

/// The whole of a file, into a buffer that may be used again. Throws Error when the file is
/// missing, unreadable or not a regular file.
void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes);

/// The whole of a small file, which may be cut short or grow meanwhile. Throws Error.
std::string read_text_file(const std::filesystem::path& path);

/// Complete or as it was, like AtomicFile. Throws Error.
void write_text_file(const std::filesystem::path& path, std::string_view text);

}  // namespace alexnet
