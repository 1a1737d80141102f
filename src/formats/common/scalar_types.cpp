#include "formats/common/scalar_types.h"

#include <array>
#include <bit>
#include <cmath>

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
      ScalarType{"torch.ComplexFloatStorage", "C64", "complex64", 8, Kind::other},
      ScalarType{"torch.ComplexDoubleStorage", "", "complex128", 16, Kind::other},
      ScalarType{"torch.QInt8Storage", "", "qint8", 1, Kind::other},
      ScalarType{"torch.QUInt8Storage", "", "quint8", 1, Kind::other},
      ScalarType{"torch.QInt32Storage", "", "qint32", 4, Kind::other},
      ScalarType{"torch.storage.UntypedStorage", "", "bytes", 1, Kind::other},
      ScalarType{"", "U16", "uint16", 2, Kind::other},
      ScalarType{"", "U32", "uint32", 4, Kind::other},
      ScalarType{"", "U64", "uint64", 8, Kind::other},
      ScalarType{"", "F8_E4M3", "float8", 1, Kind::other},
      ScalarType{"", "F8_E5M2", "float8", 1, Kind::other},
  };
  return kTypes;
}

std::optional<std::uint16_t> float_to_half(float value) {
  constexpr float kBeyond = 65520.0F;  // rounds to infinity
  constexpr float kLeastNormal = 0x1p-14F;
  constexpr std::uint32_t kDropped = 13;  // bits of the mantissa
  constexpr std::uint32_t kBiasChange = (127U - 15U) << 10U;
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000U : 0U);
  const float magnitude = std::abs(value);
  if (magnitude >= kBeyond) return std::nullopt;
  if (magnitude < kLeastNormal) {  // a multiple of the smallest subnormal
    return static_cast<std::uint16_t>(sign |
                                      static_cast<std::uint16_t>(std::lrint(magnitude * 0x1p24F)));
  }
  auto bits = std::bit_cast<std::uint32_t>(magnitude);
  bits += 0xFFFU + ((bits >> kDropped) & 1U);
  return static_cast<std::uint16_t>(sign | ((bits >> kDropped) - kBiasChange));
}

}  // namespace alexnet
