#pragma once

#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu {

/// A linear layer on a pooled, flattened map, computed from the map. The pool is linear, so its
/// matrix P (pooled pixels, pixels) can be multiplied into the weights: W' = W P. At 64 × 64 FC6's
/// 36 inputs a channel are equal, and W' is 36 times smaller. Exact but for rounding. `problem` is
/// that of the linear layer; the step's x is the map, (n, h, w, c), and it has no use for its input
/// otherwise.
Attempt make_folded(const Shape& map, const AdaptiveAvgPool& pool, const Linear& linear,
                    const Problem& problem);

}  // namespace alexnet::cpu
