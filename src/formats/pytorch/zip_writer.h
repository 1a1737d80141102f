#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>

#include "core/file.h"

namespace alexnet {

/// Writes a zip of stored entries whose bytes begin at multiples of 64, as torch.save does, so that
/// they can be used where they lie in a mapped file. Every member throws Error as AtomicFile does.
class ZipWriter {
 public:
  /// `file` is empty and outlives the writer. `begin`: bytes that are to come before the zip.
  explicit ZipWriter(AtomicFile& file, std::uint64_t begin = 0);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  void add(const std::string& name, std::span<const std::byte> bytes);
  /// Writes the directory; the last call.
  void finish();

 private:
  struct Functions;

  void check(int status) const;

  AtomicFile& file_;
  std::uint64_t begin_;
  std::uint64_t position_ = begin_;
  std::uint64_t end_ = begin_;
  std::exception_ptr failure_;  // minizip is C: nothing can be thrown through it
  void* zip_ = nullptr;
};

}  // namespace alexnet
