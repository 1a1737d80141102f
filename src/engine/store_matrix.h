#pragma once

#include <alexnet/tensor.h>

#include <string>

namespace alexnet {

/// The weights of a fully-connected layer, rounded as plans of the `cpu` engine round them. Throws
/// Error of anything but a matrix.
Tensor store_matrix(const Tensor& matrix, Precision precision);

/// Why a matrix cannot be halves; empty where it can.
std::string why_not_halves(const Tensor& matrix);

}  // namespace alexnet
