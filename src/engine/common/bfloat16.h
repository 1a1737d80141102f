#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace alexnet {

/// What the plan of a layer ends with where training in bf16 rounds no more than its weights.
inline constexpr std::string_view kRoundedWeights = "; bf16 weights, the rest float32";

/// The nearest float whose lower half is zero, ties to even: what bf16 keeps. NaN stays NaN.
inline float rounded_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t nearest = bits + 0x7FFFU + (bits >> 16U & 1U);
  const bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  return std::bit_cast<float>((is_nan ? bits | 0x400000U : nearest) & 0xFFFF0000U);
}

}  // namespace alexnet
