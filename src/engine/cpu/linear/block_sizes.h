#pragma once

#include <cstddef>

#include "engine/cpu/base/processor.h"

namespace alexnet::cpu::linear {

/// How the products of fully-connected layers are cut to fit the caches. The order in which an
/// output's products are added does not depend on it, so all machines of an instruction set get the
/// same bits.
struct BlockSizes {
  std::size_t packed_inputs;  ///< floats of x that are packed at a time for dW: a quarter of L2
  std::size_t weight_rows;    ///< rows of W that are packed at a time for dx: a sixteenth of L2
  std::size_t sparse_depth;   ///< rows of a wide panel that sparse products go over: all of L1
  std::size_t sparse_rows;    ///< rows of dW, a wide panel's columns each: an eighth of L2
  std::size_t dot_pieces;     ///< pieces of depth that dot products go over: three quarters of L2
  std::size_t panels;         ///< floats of images in panels that rows go over: half of L2
  std::size_t dot_slice;      ///< bytes of a block of rows that images go over: a quarter of L1
};

BlockSizes block_sizes(const Caches& caches);

}  // namespace alexnet::cpu::linear
