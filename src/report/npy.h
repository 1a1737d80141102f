#pragma once

#include <alexnet/tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/file.h"

/// NumPy's file format, version 1.0 (numpy.lib.format): little-endian, in row-major order.
namespace alexnet {

/// Writes an array piece by piece.
class NpyWriter {
 public:
  /// `type` is NumPy's: "<f4", "<i4". Throws Error.
  NpyWriter(const std::filesystem::path& path, std::string_view type, const Shape& shape);

  void write(std::span<const std::byte> elements) { file_.write(elements); }
  void commit() { file_.commit(); }

 private:
  AtomicFile file_;
};

/// An array in a mapped file.
class NpyFile {
 public:
  /// Throws Error when it is no such file, of another type or order, or of another length than its
  /// shape says.
  NpyFile(const std::filesystem::path& path, std::string_view type);

  const Shape& shape() const { return shape_; }
  std::span<std::byte> elements() const { return elements_; }
  /// Keeps the memory alive.
  std::shared_ptr<void> owner() const { return file_; }

 private:
  std::shared_ptr<MappedFile> file_;
  Shape shape_;
  std::span<std::byte> elements_;
};

}  // namespace alexnet
