#pragma once

#include <alexnet/tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/file.h"

namespace onnx {
class GraphProto;
class TensorProto;
}  // namespace onnx

namespace alexnet {

struct OnnxInitializerOptions {
  bool half_weights = false;   ///< tensors called ….weight, with a Cast each
  bool external_data = false;  ///< in a file beside
};

/// Writes parameters as a graph's constants, before its nodes. Every member throws Error as
/// AtomicFile does.
class OnnxInitializers {
 public:
  /// `path` is the ONNX file's.
  OnnxInitializers(onnx::GraphProto& graph, const std::filesystem::path& path,
                   const OnnxInitializerOptions& options);

  /// Nodes have it under its name. Throws Error where a number is too large for float16.
  void add(const std::string& name, const Tensor& tensor);
  /// The last call, before the ONNX file itself is written.
  void commit();

 private:
  void set_bytes(onnx::TensorProto& tensor, std::span<const std::byte> bytes);

  onnx::GraphProto& graph_;
  std::filesystem::path path_;
  OnnxInitializerOptions options_;
  std::optional<AtomicFile> data_;
  std::uint64_t position_ = 0;
};

}  // namespace alexnet
