#pragma once

#include <span>
#include <vector>

#include "core/memory.h"
#include "ranks/subtree.h"

namespace alexnet {

/// The sum of terms that come in any order, in the tree of subtree.h.
class TreeSum {
 public:
  /// A term in pieces; of as many floats as the others.
  void add(int term, const std::vector<std::span<const float>>& pieces);
  /// Terms since the last sum.
  int terms() const { return terms_; }
  /// The sum, in pieces. Then it begins anew.
  void finish(const std::vector<std::span<float>>& pieces);

  /// Whole subtrees so far, by their first terms, and the size of their values.
  const std::vector<Subtree>& subtrees() const { return subtrees_; }
  std::size_t size() const { return size_; }
  /// What the first subtree's values have become, in pieces. Then it begins anew.
  void take_first(const std::vector<std::span<float>>& pieces);

 private:
  float* take_memory();
  void merge_siblings(std::size_t at);

  std::size_t size_ = 0;  // floats of a term
  int terms_ = 0;
  std::vector<Subtree> subtrees_;
  std::vector<Buffer<float>> memory_;
  std::vector<float*> free_;  // of the memory
};

}  // namespace alexnet
