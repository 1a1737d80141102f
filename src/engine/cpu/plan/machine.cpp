#include <alexnet/machine.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/crew.h"
#include "core/memory.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "engine/cpu/base/processor.h"
#include "engine/cpu/plan/cpu_engine.h"
#include "engine/cpu/simd/limits.h"

namespace alexnet {
namespace {

// Of many short tries the best is one that no other process disturbed. `work` says how much it did.
template <class Work>
double best_per_second(Work work) {
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

// Each thread's own best, all computing at once.
double measure_flops() {
  std::vector<double> bests(parallel::team_size());
  parallel::with_team([&](const parallel::Team& team) {
    bests[team.index()] = best_per_second([] {
      constexpr std::size_t kRounds = 100'000;
      float result = 0;
      return 2 * cpu::simd::multiply_add(kRounds, result);
    });
  });
  return std::accumulate(bests.begin(), bests.end(), 0.0);
}

double measure_bytes() {
  constexpr std::size_t kPieces = 4;
  constexpr std::size_t kPiece = (std::size_t{64} << 20) / sizeof(float);
  const Buffer<float> buffer(kPieces * kPiece);
  return best_per_second([&buffer, piece = std::size_t{0}]() mutable {
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
  return {.threads = static_cast<int>(parallel::team_size()),
          .simd = std::string(to_string(cpu::simd_level())),
          .flops_per_second = measure_flops(),
          .bytes_per_second = measure_bytes()};
}

double least_seconds(const LayerWork& work, int batch, const MachineLimits& limits) {
  const double flops = 2.0 * static_cast<double>(work.computed) * batch;
  const double bytes =
      static_cast<double>(work.weight_bytes) + static_cast<double>(work.activation_bytes) * batch;
  return std::max(flops / limits.flops_per_second, bytes / limits.bytes_per_second);
}

}  // namespace alexnet
