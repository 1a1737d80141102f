#pragma once

#include <alexnet/architecture.h>

#include <cstddef>
#include <cstdint>

namespace alexnet {

/// Whether a linear layer is better computed on the map before the pool than on what the pool makes
/// of it: where the pool copies a much smaller map. `map`: (c, h, w).
bool worth_folding(const Shape& map, const AdaptiveAvgPool& pool);

/// Floats of an image that a linear layer is computed from in training: its inputs, or the map
/// before a pool that is folded into it.
std::int64_t inputs_of_linear(const Architecture& architecture, std::size_t layer);

}  // namespace alexnet
