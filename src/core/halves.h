#pragma once

#include <bit>
#include <cstdint>

namespace alexnet {

/// IEEE 754 binary16; exact.
inline float half_to_float(std::uint16_t half) {
  constexpr std::uint32_t kMantissaBits = 10;
  constexpr std::uint32_t kWider = 23 - kMantissaBits;
  constexpr std::uint32_t kLargestExponent = 31;
  constexpr std::uint32_t kBiasChange = 127 - 15;
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  const std::uint32_t exponent = (half >> kMantissaBits) & kLargestExponent;
  const std::uint32_t mantissa = half & ((1U << kMantissaBits) - 1);
  if (exponent == 0) {  // a multiple of the smallest subnormal
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
  }
  const std::uint32_t wide = exponent == kLargestExponent ? 255 : exponent + kBiasChange;
  return std::bit_cast<float>(sign | wide << 23U | mantissa << kWider);
}

/// The upper half of a float32; exact.
inline float bfloat16_to_float(std::uint16_t upper) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16U);
}

}  // namespace alexnet
