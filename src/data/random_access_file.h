#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace alexnet {

/// A file that is read at given places, by any number of threads.
class RandomAccessFile {
 public:
  /// Throws Error.
  explicit RandomAccessFile(std::filesystem::path path);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  std::uint64_t size() const { return size_; }
  /// Fills `bytes`. Throws Error when the file ends before.
  void read(std::uint64_t offset, std::span<std::byte> bytes) const;
  /// Tells the system that the bytes from `begin` to before `end` will be read soon.
  void will_be_read(std::uint64_t begin, std::uint64_t end) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace alexnet
