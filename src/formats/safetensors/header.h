#pragma once

#include <alexnet/safetensors.h>
#include <alexnet/tensor.h>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/common/scalar_types.h"

namespace alexnet {

/// Where a tensor's numbers lie, in bytes after the header.
struct SafetensorsEntry {
  std::string name;
  ScalarType type;
  Shape shape;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The header of a safetensors file (huggingface/safetensors, "Format"): 8 bytes of length, little
/// end first, then that much JSON.
struct SafetensorsHeader {
  std::size_t size = 0;  ///< bytes before the tensors, those 8 included
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> entries;  ///< in the order of their bytes
};

/// Throws Error: the tensor's numbers are not read.
[[noreturn]] void refuse_safetensors_dtype(std::string_view name, std::string_view dtype,
                                           std::string_view source);

/// Checks every rule of the format. Throws Error, beginning with `source`.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                           std::string_view source);

/// A tensor to be written.
struct TensorInFile {
  std::string name;
  Shape shape;
  std::string_view dtype = "F32";
  std::size_t element_size = sizeof(float);
};

/// The bytes that come before the tensors' own, a multiple of 8, for no two tensors of a name.
/// Throws Error on the name that is the metadata's.
std::string safetensors_header(const std::vector<TensorInFile>& tensors,
                               const std::map<std::string, std::string>& metadata);

}  // namespace alexnet
