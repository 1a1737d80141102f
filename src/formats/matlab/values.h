#pragma once

#include <alexnet/tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet::matlab {

/// Numbers as a file has them: of one type, in column-major order.
struct Numbers {
  std::uint32_t type = 0;  ///< of a MAT-file's data types
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  ///< keeps the bytes alive

  std::size_t size() const;
  /// One after another, into as many. Throw Error where there is no such type.
  void copy_to(std::span<float> floats) const;
  void copy_to(std::span<double> doubles) const;
};

/// A variable of a MAT-file, or a part of one.
struct Value {
  enum class Kind { numbers, text, cells, structure, other };

  Kind kind = Kind::other;
  Shape shape;
  Numbers numbers;
  std::string text;                                  ///< characters beyond ASCII as "?"
  std::vector<Value> cells;                          ///< in column-major order
  std::map<std::string, Value, std::less<>> fields;  ///< of a structure of one element

  /// Null where there is no such field.
  const Value* find(std::string_view field) const;
};

using Variables = std::map<std::string, Value, std::less<>>;

/// What compressed variables of a file may take.
inline constexpr std::size_t kMostUnpacked = std::size_t{1} << 30;

/// What a MAT-file of level 5 holds, its compressed variables unpacked into `most_unpacked` bytes.
/// Takes no memory for what is not there. Throws Error, beginning with `source`.
Variables read_variables(std::span<const std::byte> file, std::string_view source,
                         std::size_t most_unpacked = kMostUnpacked);

/// Whether it begins as such a file, or as one of MATLAB 7.3, which is HDF5.
bool is_mat_file(std::span<const std::byte> file);

}  // namespace alexnet::matlab
