#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "core/file.h"

namespace alexnet {

/// A file that is read at given places, by any number of threads.
class RandomAccessFile {
 public:
  /// Throws Error.
  explicit RandomAccessFile(std::filesystem::path path);
  /// `content` under another file's name: what that was before it was compressed.
  RandomAccessFile(std::filesystem::path path, std::unique_ptr<const MappedFile> content);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  bool is_unpacked() const { return content_ != nullptr; }
  /// Fills `bytes`. Throws Error when the file ends before.
  void read(std::uint64_t offset, std::span<std::byte> bytes) const;
  /// Tells the system that the bytes from `begin` to before `end` will be read soon.
  void will_be_read(std::uint64_t begin, std::uint64_t end) const;

 private:
  [[noreturn]] void fail_at_end(std::uint64_t offset) const;

  std::filesystem::path path_;
  std::unique_ptr<const MappedFile> content_;  // none: there is a descriptor
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace alexnet
