#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace alexnet {

/// An element type of files.
struct ScalarType {
  enum class Kind : std::uint8_t { float32, float64, float16, bfloat16, other };

  std::string_view storage;  ///< the Python class: "torch.FloatStorage"; "" where it has none
  std::string_view dtype;    ///< safetensors' word: "F32"; "" where it has none
  std::string_view name;     ///< "float32"
  std::size_t size;          ///< in bytes
  Kind kind;
};

std::span<const ScalarType> scalar_types();

/// The nearest, ties to even; none where that is infinite. `value` is finite.
std::optional<std::uint16_t> float_to_half(float value);

}  // namespace alexnet
