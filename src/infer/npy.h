#pragma once

#include <alexnet/tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"

/// NumPy's file format, version 1.0 (numpy.lib.format): little-endian, in row-major order.
namespace alexnet {

/// How a file of an array (rows, ...) begins, as long for any number of rows. `type` is NumPy's:
/// "<f4", "<i4"; `row` the shape of one row.
std::string npy_header(std::string_view type, std::int64_t rows, const Shape& row);

/// Writes an array (rows, ...) row by row; how many there are shows at the end.
class NpyWriter {
 public:
  /// `type` and `row` as for npy_header. Throws Error.
  NpyWriter(const std::filesystem::path& path, std::string_view type, Shape row);

  /// Any number of whole rows. Throws Error.
  void write(std::span<const std::byte> rows);
  /// Throws Error.
  void commit();

 private:
  AtomicFile file_;
  std::string type_;
  Shape row_;
  std::size_t bytes_ = 0;  // of all rows
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
