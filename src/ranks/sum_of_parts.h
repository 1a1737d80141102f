#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/memory.h"
#include "core/team.h"
#include "ranks/communicator.h"
#include "ranks/tree_sum.h"

namespace alexnet {

/// Parts [begin, end) of a batch, which one rank computes.
struct OwnParts {
  int begin = 0;
  int end = 0;
};
/// As even as can be. There must be as many parts as ranks, at least.
OwnParts parts_of_rank(const Communicator& ranks, int parts);
OwnParts parts_of_rank(int rank, int ranks, int parts);

/// Adds up what a batch's parts give, many floats each, in the tree of subtree.h. So the sum
/// depends neither on which rank has which part nor on the number of ranks.
///
/// Every rank adds its parts as far as they form whole subtrees. Their sums travel in slices: each
/// rank adds up one, and sends the result to all.
class SumOfParts {
 public:
  /// `ranks` must outlive it.
  SumOfParts(Communicator& ranks, int parts);

  /// This rank's next part, in pieces; of as many floats as the others.
  void add(const std::vector<std::span<const float>>& pieces);
  /// After the last part of each rank: makes the sum. Called by all ranks, by any thread.
  void add_up();
  /// The sum, in pieces. Then it begins anew.
  void take(const std::vector<std::span<float>>& pieces);

 private:
  std::vector<std::vector<Subtree>> slices_of_ranks();
  void exchange_slices(const std::vector<std::vector<Subtree>>& all, std::size_t number);
  void give_to_all(const float* own);
  parallel::Range slice_of(int rank) const;

  Communicator& ranks_;
  int parts_;
  int next_;  // part
  TreeSum own_;
  Buffer<float> slices_;  // of all subtrees, this rank's slice
};

}  // namespace alexnet
