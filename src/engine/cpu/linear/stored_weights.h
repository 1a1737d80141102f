#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "core/memory.h"
#include "engine/cpu/simd/dot.h"
#include "engine/cpu/simd/halves.h"

/// Weights of a fully-connected layer in fewer bytes, by precision; nothing for fp32.
namespace alexnet::cpu::linear {

using StoredWeights =
    std::variant<std::monostate, Buffer<simd::Half>, Buffer<simd::Bfloat16>, Buffer<std::int8_t>>;

/// Whether one of the alternatives is weights.
template <class Alternative>
inline constexpr bool kIsStored = !std::is_same_v<std::remove_cvref_t<Alternative>, std::monostate>;

inline StoredWeights stored_weights(Precision precision, std::size_t count) {
  switch (precision) {
    case Precision::fp32:
      break;
    case Precision::fp16:
      return Buffer<simd::Half>(count);
    case Precision::bf16:
      return Buffer<simd::Bfloat16>(count);
    case Precision::int8:
      return Buffer<std::int8_t>(count);
  }
  return {};
}

/// Rounds a row of weights, simd::stored_depth(depth) of them. Returns what a stored 1 is worth.
inline float store_row(const float* from, std::size_t depth, simd::Half* to) {
  simd::narrow(from, depth, 1.0F, to);
  return 1.0F;
}
inline float store_row(const float* from, std::size_t depth, simd::Bfloat16* to) {
  simd::narrow(from, depth, to);
  return 1.0F;
}
inline float store_row(const float* from, std::size_t depth, std::int8_t* to) {
  return simd::to_bytes(from, depth, to);
}

}  // namespace alexnet::cpu::linear
