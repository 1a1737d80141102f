#include "cli/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace alexnet::cli {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(
      std::lround(share * static_cast<double>(sorted.size() - 1)))];
}

}  // namespace

Timing summarise(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  return {.runs = seconds.size(),
          .median = quantile(seconds, 0.5),
          .low = quantile(seconds, 0.1),
          .high = quantile(seconds, 0.9)};
}

std::vector<double> time_runs(double seconds, const std::function<void()>& run) {
  constexpr std::size_t kLeast = 5;
  run();
  std::vector<double> times;
  double last = now();
  for (const double end = last + seconds; last < end || times.size() < kLeast;) {
    run();
    const double time = now();
    times.push_back(time - last);
    last = time;
  }
  return times;
}

}  // namespace alexnet::cli
