#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace alexnet {

/// A file that grows at its end over several runs of the program.
class AppendedFile {
 public:
  /// Opens or creates the file and cuts it back to its first `bytes` bytes; a shorter file stays as
  /// it is. Throws Error.
  AppendedFile(std::filesystem::path path, std::uint64_t bytes);
  ~AppendedFile();
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;

  std::uint64_t size() const { return size_; }
  /// Throws Error (no space, …).
  void write(std::span<const std::byte> bytes);
  /// Replaces bytes that are there. Throws Error.
  void overwrite(std::uint64_t position, std::span<const std::byte> bytes);
  /// Brings everything to the disk. Throws Error.
  void sync();

 private:
  void write_at(std::uint64_t position, std::span<const std::byte> bytes);
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace alexnet
