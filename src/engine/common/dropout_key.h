#pragma once

#include <alexnet/random.h>

#include <cstdint>

namespace alexnet {

/// The stream of one dropout layer in one step. Element e of the layer's (n, features) input is
/// kept when word e % 4 of block e / 4, as a unit float, is at least the probability.
inline RandomKey dropout_key(std::uint64_t seed, std::uint32_t step, std::uint32_t layer) {
  return {.seed = seed, .purpose = Purpose::dropout, .major = step, .minor = layer};
}

}  // namespace alexnet
