#pragma once

#include <optional>

#include "core/crew.h"

namespace alexnet {

/// Processors that this process may use, by its affinity and its control group's quota.
int available_threads();
/// So many of `processors` as a quota pays for all the time, but one at least: threads beyond it
/// would have all of them stopped for a while, again and again.
int threads_within(int processors, std::optional<double> quota);

/// Loader workers that keep a network of 224×224 pixels busy on all processors: reading a
/// photograph takes a fifth of the time of classifying it (docs/data.md,
/// docs/results/performance.md).
int reading_threads();

/// Sets what the calling thread's teams (crew.h) are, and the size of those of libraries that use
/// OpenMP, for as long as it lives.
class ThreadTeam {
 public:
  /// 0: available_threads().
  explicit ThreadTeam(int threads, parallel::Pool pool = parallel::Pool::own);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

 private:
  parallel::TeamOptions before_;
  int before_in_openmp_;
};

}  // namespace alexnet
