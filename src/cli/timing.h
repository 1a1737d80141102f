#pragma once

#include <cstddef>
#include <functional>
#include <vector>

/// How `bench` and `info --plan` time what they run.
namespace alexnet::cli {

struct Timing {
  std::size_t runs = 0;
  double median = 0;  ///< seconds, as the others
  double mean = 0;    ///< far above the median where runs were interrupted
  double low = 0;     ///< a tenth of the runs took less
  double high = 0;    ///< a tenth took more
};

Timing summarise(std::vector<double> seconds);

/// Runs once to warm up; then for about `seconds`, at least five times, timing each run.
std::vector<double> time_runs(double seconds, const std::function<void()>& run);

}  // namespace alexnet::cli
