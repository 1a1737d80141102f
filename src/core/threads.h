#pragma once

#include <cstdint>

namespace alexnet {

/// Processors that this process may use.
int available_threads();

/// Loader workers that keep a network of 224×224 pixels busy on all processors: reading a
/// photograph takes a fifth of the time of classifying it (docs/data.md,
/// docs/results/performance.md).
int reading_threads();

/// Sets the OpenMP team of the calling thread (oneDNN's too) for as long as it lives.
class ThreadTeam {
 public:
  /// 0: all processors.
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

 private:
  int before_;
};

}  // namespace alexnet
