#pragma once

#include <alexnet/tensor.h>

#include <string>
#include <string_view>
#include <vector>

#include "formats/safetensors/header.h"

/// Matrices of bytes, as files whose metadata have "precision": "int8" hold them: NAME of I8,
/// (rows, columns), and NAME_scale of F32, (rows,), what a 1 of a row is worth.
namespace alexnet {

inline constexpr const char* kStoredPrecision = "precision";  ///< a key of the metadata

/// The name of a matrix's scales.
std::string scales_name(std::string_view matrix);

struct StoredBytes {
  const SafetensorsEntry* bytes;
  const SafetensorsEntry* scales;
};

/// Throws Error, beginning with `source`, where scales are missing or do not fit.
std::vector<StoredBytes> find_stored_bytes(const SafetensorsHeader& header,
                                           std::string_view source);

/// Throws Error unless all are finite, as what they make of bytes is, and none is negative.
void check_scales(const StoredBytes& stored, const Tensor& scales, std::string_view source);

}  // namespace alexnet
