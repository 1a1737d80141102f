#pragma once

#include <alexnet/engine.h>
#include <alexnet/enum_names.h>

#include <array>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace alexnet {

/// What limits a computation.
enum class Resource { arithmetic, l2, l3, memory };

template <>
struct EnumNames<Resource> {
  static constexpr std::string_view kNoun = "resource";
  static constexpr std::array<std::string_view, 4> kNames{"arithmetic", "L2", "L3", "memory"};
};

/// What this machine can do at most, measured: all threads at once. Those of caches are rates at
/// which threads read, each its own buffer of a size that lies in that level, again and again.
struct MachineLimits {
  int threads = 0;
  std::string simd;                  ///< of the native kernels: "amx", "avx512", "avx2" or "none"
  double flops_per_second = 0;       ///< float32 multiply-adds on registers, two operations each
  double bf16_flops_per_second = 0;  ///< products of bf16 by a block of tiles in the first level of
                                     ///< cache, where the processor has instructions for them
  double int8_flops_per_second = 0;  ///< the same of bytes; with AMX by it, also for convolutions
                                     ///< of bytes that are not
  double l2_bytes_per_second = 0;    ///< half of the second level
  double l3_bytes_per_second = 0;  ///< up to four times the second level; 0: a core's share of the
                                   ///< third is not known or less than twice the second level
  double bytes_per_second = 0;     ///< read from memory, 256 MiB in a row, divided among threads
};

/// Takes less than a second. threads 0: all processors.
MachineLimits measure_limits(int threads = 0);

/// Seconds that the multiply-adds of `batch` images take at least. Where nothing is known of bf16
/// or bytes, they count as float32.
double least_arithmetic_seconds(const LayerWork& work, int batch, const MachineLimits& limits);

/// How long something takes at least, and what it waits for.
struct LeastTime {
  double seconds = 0;
  Resource resource = Resource::arithmetic;
};

/// Of a pass of `batch` images, the plan's max_batch, through a layer: the longest of its
/// multiply-adds at the peak and its traffic at the rate of each level. Those whose limit is 0 do
/// not count.
LeastTime least_time(const LayerWork& work, int batch, const MachineLimits& limits);

}  // namespace alexnet
#pragma GCC visibility pop
