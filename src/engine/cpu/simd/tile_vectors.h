#pragma once

#include "engine/cpu/simd/tiles.h"

/// Products of tiles by AVX-512's instructions for pairs of bf16 (VDPBF16PS) and for four bytes
/// (VPDPBUSD): a quarter of float32's time for bytes, half for bf16.
namespace alexnet::cpu::simd {

/// As multiply() of tiles.h, which calls these.
void multiply_by_vectors(const TileProduct<Bfloat16>& product);
void multiply_by_vectors(const TileProduct<std::int8_t>& product);

}  // namespace alexnet::cpu::simd
