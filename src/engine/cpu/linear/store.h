#pragma once

#include <alexnet/tensor.h>

#include <string>

namespace alexnet::cpu::linear {

/// Why a layer's matrix cannot be halves, where up to `added_up` of its weights may become one;
/// empty where it can: beyond them weights would be infinite, and below their normal numbers they
/// would lose digits.
std::string why_not_halves(const Tensor& matrix, int added_up = 1);

/// A matrix, rounded as a plan of that precision rounds it. Throws Error of another shape.
Tensor stored(const Tensor& matrix, Precision precision);

}  // namespace alexnet::cpu::linear
