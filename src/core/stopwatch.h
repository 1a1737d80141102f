#pragma once

#include <chrono>
#include <utility>

namespace alexnet {

/// Measures time from when it is made.
class Stopwatch {
 public:
  double seconds() const { return since(start_, Clock::now()); }

  /// Seconds since the last call, or since it was made.
  double lap() {
    const Clock::time_point now = Clock::now();
    return since(std::exchange(last_lap_, now), now);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double since(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double>(end - begin).count();
  }

  Clock::time_point start_ = Clock::now();
  Clock::time_point last_lap_ = start_;
};

}  // namespace alexnet
