#pragma once

#include <alexnet/model.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <optional>

namespace alexnet {

/// An adaptive pool along one axis as a matrix (out, in): row i has the share of each element in
/// output i.
Tensor pooling_matrix(std::int64_t in, std::int64_t out);

/// A network with an adaptive pool folded into the Linear behind it.
struct FoldedPool {
  Architecture architecture;  ///< the pool leaves the map as it is
  std::string weight_name;
  Tensor weight;  ///< (out, c * h * w)
};

/// Folds the first adaptive pool whose result is larger than the map and goes, flattened, into a
/// Linear, so that the Linear takes the map itself: the same numbers but for rounding, and fewer
/// weights. None when there is no such pool.
std::optional<FoldedPool> fold_pool(const Architecture& architecture, const Parameters& parameters);

}  // namespace alexnet
