#pragma once

#include <alexnet/tensor.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/safetensors/header.h"

namespace alexnet {

/// Writes a file of tensors whose values come in pieces. As write_safetensors: complete or
/// as it was.
class SafetensorsWriter {
 public:
  /// Of tensors in their order, no two of a name. Throws Error.
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorInFile>& tensors,
                    const std::map<std::string, std::string>& metadata);

  /// The next values of the tensors, one behind the other. Throws Error.
  void write(std::span<const float> values);
  void write(std::span<const std::byte> bytes);
  /// After the last. Throws Error.
  void commit();

 private:
  AtomicFile file_;
};

}  // namespace alexnet
