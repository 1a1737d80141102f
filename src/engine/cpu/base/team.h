#pragma once

#include <algorithm>
#include <cstddef>

namespace alexnet::cpu {

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

/// Threads of one OpenMP team that call the same function together, each with its own index.
class Team {
 public:
  Team() = default;  ///< one thread on its own
  Team(int index, int size)
      : index_(static_cast<std::size_t>(index)), size_(static_cast<std::size_t>(size)) {}

  std::size_t index() const { return index_; }
  std::size_t size() const { return size_; }

  /// This thread's part of `count` things, in pieces of `grain`: contiguous, and the same whenever
  /// the team's size is the same.
  Range share(std::size_t count, std::size_t grain = 1) const {
    const std::size_t pieces = (count + grain - 1) / grain;
    return {std::min(count, pieces * index_ / size_ * grain),
            std::min(count, pieces * (index_ + 1) / size_ * grain)};
  }

  /// Returns when all threads of the team have called it.
  void barrier() const;

 private:
  std::size_t index_ = 0;
  std::size_t size_ = 1;
};

}  // namespace alexnet::cpu
