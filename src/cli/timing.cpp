#include "cli/timing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/stopwatch.h"

namespace alexnet::cli {
namespace {

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(
      std::lround(share * static_cast<double>(sorted.size() - 1)))];
}

}  // namespace

Timing summarise(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  const double sum = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  return {.runs = seconds.size(),
          .median = quantile(seconds, 0.5),
          .mean = sum / static_cast<double>(seconds.size()),
          .low = quantile(seconds, 0.1),
          .high = quantile(seconds, 0.9)};
}

std::vector<double> time_runs(double seconds, const std::function<void()>& run) {
  constexpr std::size_t kLeast = 5;
  run();
  std::vector<double> times;
  Stopwatch watch;
  while (watch.seconds() < seconds || times.size() < kLeast) {
    watch.lap();
    run();
    times.push_back(watch.lap());
  }
  return times;
}

}  // namespace alexnet::cli
