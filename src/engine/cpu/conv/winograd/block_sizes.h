#pragma once

#include <cstddef>

#include "engine/cpu/base/processor.h"

namespace alexnet::cpu::winograd {

/// How a convolution is cut to fit the caches (see convolution.h). Sums do not depend on it.
struct BlockSizes {
  std::size_t least_inputs;  ///< floats of V, at least: half of L2
  std::size_t near_inputs;   ///< floats of V that are not fetched ahead, at most: a third of L2
  std::size_t products;      ///< floats of M, at most: three quarters of L2
  std::size_t filter_bytes;  ///< bytes of U that every thread reads whole, at most: four times L2
};

inline BlockSizes block_sizes(const Caches& caches) {
  return {.least_inputs = caches.l2 / 2 / sizeof(float),
          .near_inputs = caches.l2 / 3 / sizeof(float),
          .products = caches.l2 / 4 * 3 / sizeof(float),
          .filter_bytes = 4 * caches.l2};
}

}  // namespace alexnet::cpu::winograd
