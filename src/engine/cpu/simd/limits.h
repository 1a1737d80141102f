#pragma once

#include <cstddef>

/// Work that nothing but the processor or the memory limits, to measure them by.
namespace alexnet::cpu::simd {

/// Does `rounds` rounds of independent multiply-adds on registers, and adds to `result` what comes
/// of them. Returns their number.
double multiply_add(std::size_t rounds, float& result);

/// The sum of `count` floats, a multiple of 128.
float read(const float* values, std::size_t count);

}  // namespace alexnet::cpu::simd
