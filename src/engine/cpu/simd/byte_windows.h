#pragma once

#include <cstddef>
#include <cstdint>

/// Convolutions of bytes: maps as unsigned bytes with a zero point, and the products of their
/// windows with signed weights.
///
///     y (pixel, output) = image scale · output scale · Σ_k (x_k − zero) · w_k (output) + bias
///
/// where k goes through the window: rows of the map, and in a row through all its bytes.
namespace alexnet::cpu::simd {

/// The least and the largest of some values and 0. Both are NaN where a value is not finite.
struct ValueRange {
  float least = 0.0F;
  float largest = 0.0F;
};
ValueRange value_range(const float* values, std::size_t count);
/// Of the values of both.
ValueRange united(const ValueRange& a, const ValueRange& b);

/// How values become bytes from 0 to 255: value = scale · (byte − zero).
struct ByteRounding {
  float scale = 0.0F;
  std::int32_t zero = 0;

  float factor() const { return scale > 0.0F ? 1.0F / scale : 0.0F; }
};
/// The finest that holds a range.
ByteRounding byte_rounding(const ValueRange& range);

/// values · factor + zero, rounded.
void to_unsigned_bytes(const float* values, std::size_t count, float factor, std::int32_t zero,
                       std::uint8_t* bytes);

inline constexpr std::size_t kByteOutputs = 64;  ///< of a panel of weights
inline constexpr std::size_t kByteGrain = 4;     ///< bytes that are multiplied together

/// Outputs that a panel stores for `outputs`, at most kByteOutputs: whole vectors.
inline std::size_t stored_outputs(std::size_t outputs) {
  constexpr std::size_t kVector = 16;
  return (outputs + kVector - 1) / kVector * kVector;
}

struct ByteWindows {
  const std::uint8_t* map = nullptr;
  std::size_t row_stride = 0;              ///< bytes from row to row of the map
  const std::uint32_t* windows = nullptr;  ///< where each pixel's window begins
  std::size_t pixels = 0;
  std::size_t rows = 0;  ///< of a window
  std::size_t run = 0;   ///< bytes of a window's row, a multiple of kByteGrain

  /// (rows, run / 4, stored outputs, 4), aligned to 64 bytes.
  const std::int8_t* weights = nullptr;
  std::size_t outputs = 0;

  // What follows has `outputs` entries, and readable ones up to the stored outputs.
  const std::int32_t* sums = nullptr;  ///< Σ_k w_k
  const float* scales = nullptr;
  const float* bias = nullptr;

  float image_scale = 0.0F;
  std::int32_t zero = 0;
  bool relu = false;
  float* y = nullptr;
  std::size_t y_stride = 0;  ///< floats from pixel to pixel
};

/// Where the vectors are AVX-512's, needs AVX-512 VNNI.
void multiply(const ByteWindows& windows);

}  // namespace alexnet::cpu::simd
