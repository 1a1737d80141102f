#include "formats/scalar_types.h"

#include <array>
#include <bit>

namespace alexnet {

std::span<const ScalarType> scalar_types() {
  using Kind = ScalarType::Kind;
  static constexpr std::array kTypes{
      ScalarType{"torch.FloatStorage", "F32", "float32", 4, Kind::float32},
      ScalarType{"torch.DoubleStorage", "F64", "float64", 8, Kind::float64},
      ScalarType{"torch.HalfStorage", "F16", "float16", 2, Kind::float16},
      ScalarType{"torch.BFloat16Storage", "BF16", "bfloat16", 2, Kind::bfloat16},
      ScalarType{"torch.LongStorage", "I64", "int64", 8, Kind::other},
      ScalarType{"torch.IntStorage", "I32", "int32", 4, Kind::other},
      ScalarType{"torch.ShortStorage", "I16", "int16", 2, Kind::other},
      ScalarType{"torch.CharStorage", "I8", "int8", 1, Kind::other},
      ScalarType{"torch.ByteStorage", "U8", "uint8", 1, Kind::other},
      ScalarType{"torch.BoolStorage", "BOOL", "bool", 1, Kind::other},
  };
  return kTypes;
}

float half_to_float(std::uint16_t half) {
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

float bfloat16_to_float(std::uint16_t upper) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16U);
}

}  // namespace alexnet
