#include <alexnet/machine.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <vector>

#include "core/crew.h"
#include "core/memory.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "engine/cpu/base/processor.h"
#include "engine/cpu/plan/cpu_engine.h"
#include "engine/cpu/simd/limits.h"
#include "engine/cpu/simd/tiles.h"

namespace alexnet {
namespace {

// Of many short tries the best is one that no other process disturbed. `work` says how much it did.
template <class Work>
double best_per_second(const Work& work) {
  constexpr int kLeastTries = 10;
  constexpr double kEnoughSeconds = 0.1;
  double best = 0;
  Stopwatch watch;
  for (int i = 0; i < kLeastTries || watch.seconds() < kEnoughSeconds; ++i) {
    watch.lap();
    const double done = work();
    best = std::max(best, done / watch.lap());
  }
  return best;
}

// The sum of each thread's own best, all at work at once; make_work() is called by each.
template <class MakeWork>
double all_per_second(const MakeWork& make_work) {
  std::vector<double> bests(parallel::team_size());
  parallel::with_team([&](const parallel::Team& team) {
    const auto work = make_work();
    team.barrier();
    bests[team.index()] = best_per_second(work);
  });
  return std::accumulate(bests.begin(), bests.end(), 0.0);
}

double measure_flops() {
  return all_per_second([] {
    return [] {
      constexpr std::size_t kRounds = 100'000;
      float result = 0;
      return 2 * cpu::simd::multiply_add(kRounds, result);
    };
  });
}

// A block of two tiles by two. A is the same in each step, and B in both panels; behind B is what
// is fetched ahead.
template <class Weight>
class TileBlock {
 public:
  TileBlock()
      : a_(kWidth * cpu::simd::kTileDepth<Weight>),
        b_(2 * kSteps * cpu::simd::kTileElements<Weight>),
        sums_(kWidth * kWidth) {}

  /// Returns the floating-point operations.
  double multiply() {
    constexpr int kRounds = 100;
    const cpu::simd::TilesInUse tiles;
    for (int i = 0; i < kRounds; ++i) {
      cpu::simd::multiply(cpu::simd::TileProduct<Weight>{.a = a_.data(),
                                                         .a_stride = cpu::simd::kTileDepth<Weight>,
                                                         .offsets = kOffsets.data(),
                                                         .steps = kSteps,
                                                         .b = b_.data(),
                                                         .rows = kWidth,
                                                         .panels = 2,
                                                         .sums = sums_.data(),
                                                         .sums_stride = kWidth});
    }
    return 2.0 * kRounds * kWidth * kWidth * kSteps * cpu::simd::kTileDepth<Weight>;
  }

 private:
  static constexpr std::size_t kSteps = 16;
  static constexpr std::size_t kWidth = 2 * cpu::simd::kTileLines;
  static constexpr std::array<std::uint32_t, kSteps> kOffsets{};

  Buffer<typename cpu::simd::TileKind<Weight>::Input> a_;
  Buffer<Weight> b_;
  Buffer<typename cpu::simd::TileKind<Weight>::Sum> sums_;
};

// 0: the processor has not what this needs.
template <class Weight>
double measure_tiles(cpu::Isa needed) {
  if (cpu::isa() < needed) return 0;
  return all_per_second(
      [] { return [block = std::make_shared<TileBlock<Weight>>()] { return block->multiply(); }; });
}

// Each thread reads `bytes` of its own, some MiB in a try.
double measure_cache(std::size_t bytes) {
  constexpr std::size_t kGrain = 1024;  // floats
  constexpr std::size_t kLeastBytes = std::size_t{4} << 20;
  const std::size_t count = bytes / sizeof(float) / kGrain * kGrain;
  if (count == 0) return 0;
  const std::size_t rounds = kLeastBytes / bytes + 1;
  return all_per_second([&] {
    return [count, rounds, buffer = std::make_shared<const Buffer<float>>(count)] {
      for (std::size_t i = 0; i < rounds; ++i) cpu::simd::read(buffer->data(), count);
      return static_cast<double>(rounds * count * sizeof(float));
    };
  });
}

// What lies in the third level and, for the most part, not in the second; 0: nothing does.
std::size_t third_level_bytes(const cpu::Caches& caches) {
  const std::size_t bytes = std::min(4 * caches.l2, caches.l3);
  return bytes >= 2 * caches.l2 ? bytes : 0;
}

double measure_bytes() {
  constexpr std::size_t kPieces = 4;
  constexpr std::size_t kPiece = (std::size_t{64} << 20) / sizeof(float);
  const Buffer<float> buffer(kPieces * kPiece);
  std::size_t piece = 0;
  return best_per_second([&] {
    const float* const values = buffer.data() + piece * kPiece;
    piece = (piece + 1) % kPieces;
    parallel::each(kPiece, 1024, [&](parallel::Range part) {
      cpu::simd::read(values + part.begin, part.size());
    });
    return static_cast<double>(kPiece * sizeof(float));
  });
}

}  // namespace

MachineLimits measure_limits(int threads) {
  cpu_engine();  // limits SIMD to what the user asks for
  const ThreadTeam team(threads);
  const cpu::Caches& caches = cpu::processor().caches;
  return {.threads = static_cast<int>(parallel::team_size()),
          .simd = std::string(to_string(cpu::simd_level())),
          .flops_per_second = measure_flops(),
          .bf16_flops_per_second = measure_tiles<cpu::simd::Bfloat16>(cpu::Isa::avx512_bf16),
          .int8_flops_per_second = measure_tiles<std::int8_t>(cpu::Isa::avx512_vnni),
          .l2_bytes_per_second = measure_cache(caches.l2 / 2),
          .l3_bytes_per_second = measure_cache(third_level_bytes(caches)),
          .bytes_per_second = measure_bytes()};
}

double least_arithmetic_seconds(const LayerWork& work, int batch, const MachineLimits& limits) {
  const auto seconds = [&](std::int64_t multiply_adds, double flops_per_second) {
    const double rate = flops_per_second > 0 ? flops_per_second : limits.flops_per_second;
    return rate > 0 ? 2.0 * static_cast<double>(multiply_adds) * batch / rate : 0;
  };
  const std::int64_t in_float32 = work.computed - work.computed_in_bf16 - work.computed_in_int8;
  return seconds(in_float32, limits.flops_per_second) +
         seconds(work.computed_in_bf16, limits.bf16_flops_per_second) +
         seconds(work.computed_in_int8, limits.int8_flops_per_second);
}

LeastTime least_time(const LayerWork& work, int batch, const MachineLimits& limits) {
  LeastTime longest{.seconds = least_arithmetic_seconds(work, batch, limits)};
  const auto consider = [&](Resource resource, double amount, double per_second) {
    const double seconds = per_second > 0 ? amount / per_second : 0;
    if (seconds > longest.seconds) longest = {seconds, resource};
  };
  consider(Resource::l2, work.traffic.l2, limits.l2_bytes_per_second);
  consider(Resource::l3, work.traffic.l3, limits.l3_bytes_per_second);
  consider(Resource::memory, work.traffic.memory, limits.bytes_per_second);
  return longest;
}

}  // namespace alexnet
