#pragma once

#include <alexnet/engine.h>

#include <string>

#pragma GCC visibility push(default)
namespace alexnet {

/// What this machine can do at most, measured.
struct MachineLimits {
  int threads = 0;
  std::string simd;             ///< of the native kernels: "amx", "avx512", "avx2" or "none"
  double flops_per_second = 0;  ///< float32 multiply-adds on registers, two operations each
  double bytes_per_second = 0;  ///< read from memory, 256 MiB in a row
};

/// Takes about a quarter of a second. threads 0: all processors.
MachineLimits measure_limits(int threads = 0);

/// The least that a pass of `batch` images can take when nothing is in a cache: the longer of its
/// computing and its moving of bytes.
double least_seconds(const LayerWork& work, int batch, const MachineLimits& limits);

}  // namespace alexnet
#pragma GCC visibility pop
