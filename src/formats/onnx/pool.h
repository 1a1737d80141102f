#pragma once

#include <alexnet/model.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <optional>

namespace alexnet {

/// An adaptive pool along one axis as a matrix (out, in): row i has the share of each element in
/// output i.
Tensor pooling_matrix(std::int64_t in, std::int64_t out);

/// A network with an adaptive pool folded into the Linear behind it, which then takes the map
/// itself: the same numbers but for rounding, and fewer weights.
struct FoldedPool {
  Architecture architecture;  ///< the pool leaves the map as it is
  std::string weight_name;    ///< of the Linear
  Shape map;                  ///< (c, h, w) before the pool
  Shape pooled;               ///< behind it
};

/// Folds the first adaptive pool whose result is larger than the map and goes, flattened, into a
/// Linear. None when there is no such pool.
std::optional<FoldedPool> fold_pool(const Architecture& architecture);

/// The Linear's weight (out, c * h * w) of the pooled map as that of the map.
Tensor fold_weight(const FoldedPool& folded, const Tensor& weight);

/// The smallest weight of the pooled map that fold_weight makes `weight` of, but for rounding. None
/// where not every one has such: where the pool makes the map smaller along one axis.
std::optional<Tensor> unfold_weight(const FoldedPool& folded, const Tensor& weight);

}  // namespace alexnet
