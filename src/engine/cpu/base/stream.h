#pragma once

#include <alexnet/engine.h>

#include "engine/cpu/base/processor.h"

/// What kernels move through the caches, by a simple model: a cache holds what was used last, so
/// bytes are found in the first that is as large as what was moved since they were used before.
namespace alexnet::cpu {

/// Bytes that a thread moves from one use of some bytes to the next.
struct ReuseDistance {
  double own = 0;
  double weights = 0;  ///< that all threads read at about the same time

  ReuseDistance& operator+=(const ReuseDistance& other);
};

/// Bytes that are read or written.
struct Stream {
  double bytes = 0;
  ReuseDistance distance;
};

/// Through which levels a stream passes, of caches that a core has; a third level that nobody tells
/// the size of is taken for 4 MiB. `threads` compute at once.
CacheTraffic traffic(const Stream& stream, const Caches& caches, int threads);

}  // namespace alexnet::cpu
