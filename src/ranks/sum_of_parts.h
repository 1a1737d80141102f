#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/memory.h"
#include "core/team.h"
#include "ranks/communicator.h"

namespace alexnet {

/// Parts [begin, end) of a batch, which one rank computes.
struct OwnParts {
  int begin = 0;
  int end = 0;
};
/// As even as can be. There must be as many parts as ranks, at least.
OwnParts parts_of_rank(const Communicator& ranks, int parts);

/// Adds up what a batch's parts give, many floats each, in one fixed tree: pairs of neighbours,
/// pairs of these pairs, and so on; what is left over at the end from the right. So the sum depends
/// neither on which rank has which part nor on the number of ranks.
///
/// Every rank adds its parts as far as they form whole subtrees. Their sums travel in slices: each
/// rank adds up one, and sends the result to all.
class SumOfParts {
 public:
  /// `ranks` must outlive it.
  SumOfParts(Communicator& ranks, int parts);

  /// This rank's next part, in pieces; of as many floats as the others.
  void add(const std::vector<std::span<const float>>& pieces);
  /// After the last part of each rank: the sum, in pieces. Then it begins anew.
  void finish(const std::vector<std::span<float>>& pieces);

 private:
  struct Subtree {
    int first;  ///< part
    int parts;
    float* values;
  };

  static bool are_siblings(const Subtree& left, const Subtree& right);
  static void push(std::vector<Subtree>& subtrees, const Subtree& next, std::size_t size);
  static void merge_siblings(std::vector<Subtree>& subtrees, std::size_t size);
  static void merge_last(std::vector<Subtree>& subtrees, std::size_t size);
  static void merge_all(std::vector<Subtree>& subtrees, std::size_t size);

  void add_up_slices();
  std::vector<std::vector<Subtree>> slices_of_ranks();
  void exchange_slices(const std::vector<std::vector<Subtree>>& all, std::size_t number);
  void give_to_all(const float* own);
  parallel::Range slice_of(int rank) const;

  Communicator& ranks_;
  int parts_;
  std::size_t size_ = 0;  // floats of a part
  int next_;              // part
  std::vector<Subtree> subtrees_;
  std::vector<Buffer<float>> sums_;  // of as many subtrees as there are at once
  Buffer<float> slices_;             // of all subtrees, this rank's slice
};

}  // namespace alexnet
