#pragma once

#include <cstddef>
#include <cstdint>

/// Floats in 16 bits, for weights that are stored so and widened as kernels load them.
namespace alexnet::cpu::simd {

/// IEEE's: 5 bits of exponent, 11 significant ones.
struct Half {
  std::uint16_t bits;
};

/// The upper half of a float: its range, and 8 significant bits.
struct Bfloat16 {
  std::uint16_t bits;
};

/// Round to nearest, ties to even; plain code takes the half next to zero. For Half, `scale` ·
/// value.
void narrow(const float* values, std::size_t count, float scale, Half* halves);
void narrow(const float* values, std::size_t count, Bfloat16* halves);

/// To what a Bfloat16 would be, in place.
void round_to_bfloat16(float* values, std::size_t count);

}  // namespace alexnet::cpu::simd
