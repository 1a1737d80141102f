#pragma once

#include <alexnet/error.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "formats/common/scalar_types.h"

namespace onnx {
class TensorProto;
}

namespace alexnet {

/// The numbers of a file's tensors: in the message or in files beside it. Every member throws
/// Error, beginning with the file and the tensor's name.
class OnnxTensors {
 public:
  OnnxTensors(std::size_t file_size, std::filesystem::path folder, std::string_view source);

  /// Float types as float32. Large float32 arrays are taken from `tensor`, or stay in the mapped
  /// file, unless they are `to_change`; what is copied takes at most 8 times the size of the files,
  /// and 1 MiB.
  Tensor floats(onnx::TensorProto& tensor, bool to_change = false);
  /// The same, and whole numbers too, as copies.
  Tensor numbers(onnx::TensorProto& tensor);
  /// A matrix (rows, columns) as (columns, rows).
  Tensor transposed_floats(onnx::TensorProto& tensor);
  /// All the same; at most 64 million numbers in all. The shape is a possible one.
  Tensor filled(const Shape& shape, float value);
  /// int32, int64 or bool, at most 1024 of them.
  std::vector<std::int64_t> integers(onnx::TensorProto& tensor);

 private:
  struct Source {
    std::span<std::byte> bytes;
    ScalarType::Kind kind = ScalarType::Kind::other;
    std::shared_ptr<void> owner;  // null: the message
  };

  std::string where(const onnx::TensorProto& tensor) const;
  [[noreturn]] void refuse(const onnx::TensorProto& tensor, std::string_view why,
                           ErrorKind kind = ErrorKind::bad_input) const;
  Shape shape_of(const onnx::TensorProto& tensor) const;
  ScalarType::Kind kind_of(const onnx::TensorProto& tensor) const;
  const Source& source_of(onnx::TensorProto& tensor);
  Source typed_source(onnx::TensorProto& tensor, ScalarType::Kind kind);
  Source external_source(const onnx::TensorProto& tensor);
  std::shared_ptr<MappedFile> external_file(const onnx::TensorProto& tensor,
                                            const std::string& location);
  void spend(std::string_view where, std::int64_t elements);
  bool take_if_unshared(std::span<std::byte> bytes);

  std::filesystem::path folder_;
  std::string_view source_;
  std::size_t copy_budget_;
  std::int64_t filled_budget_;
  std::map<const onnx::TensorProto*, Source> sources_;
  std::map<std::string, std::shared_ptr<MappedFile>> files_;  // by their real paths
  std::vector<std::span<std::byte>> taken_;
};

}  // namespace alexnet
