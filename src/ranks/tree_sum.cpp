#include "ranks/tree_sum.h"

#include <algorithm>

namespace alexnet {
namespace {

void add_pieces(const std::vector<std::span<const float>>& pieces, float* to) {
  for (const std::span<const float> piece : pieces) {
    add_floats(piece, to);
    to += piece.size();
  }
}

void copy_pieces(const std::vector<std::span<const float>>& pieces, float* to) {
  for (const std::span<const float> piece : pieces) to = std::ranges::copy(piece, to).out;
}

}  // namespace

// The term goes into its neighbour's memory where that is its sibling.
void TreeSum::add(int term, const std::vector<std::span<const float>>& pieces) {
  size_ = 0;
  for (const std::span<const float> piece : pieces) size_ += piece.size();
  ++terms_;
  const auto after = std::ranges::lower_bound(subtrees_, term, {}, &Subtree::first);
  const auto at = static_cast<std::size_t>(after - subtrees_.begin());
  const Subtree own{.first = term};
  if (at > 0 && are_siblings(subtrees_[at - 1], own)) {
    add_pieces(pieces, subtrees_[at - 1].values);
    subtrees_[at - 1].terms = 2;
    return merge_siblings(at - 1);
  }
  if (at < subtrees_.size() && are_siblings(own, subtrees_[at])) {
    add_pieces(pieces, subtrees_[at].values);
    subtrees_[at] = {.first = term, .terms = 2, .values = subtrees_[at].values};
    return merge_siblings(at);
  }
  float* const values = take_memory();
  copy_pieces(pieces, values);
  subtrees_.insert(after, {.first = term, .terms = 1, .values = values});
}

float* TreeSum::take_memory() {
  if (free_.empty()) {
    memory_.emplace_back(size_);
    free_.push_back(memory_.back().data());
  }
  float* const values = free_.back();
  free_.pop_back();
  return values;
}

// Of the subtree at this place with those beside it.
void TreeSum::merge_siblings(std::size_t at) {
  for (;;) {
    if (at > 0 && are_siblings(subtrees_[at - 1], subtrees_[at])) {
      --at;
    } else if (at + 1 == subtrees_.size() || !are_siblings(subtrees_[at], subtrees_[at + 1])) {
      return;
    }
    const Subtree right = subtrees_[at + 1];
    add_floats({right.values, size_}, subtrees_[at].values);
    subtrees_[at].terms += right.terms;
    free_.push_back(right.values);
    subtrees_.erase(subtrees_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

void TreeSum::finish(const std::vector<std::span<float>>& pieces) {
  for (std::size_t i = 1; i < subtrees_.size(); ++i) free_.push_back(subtrees_[i].values);
  merge_all(subtrees_, size_);
  take_first(pieces);
}

void TreeSum::take_first(const std::vector<std::span<float>>& pieces) {
  const float* from = subtrees_.front().values;
  for (const std::span<float> piece : pieces) {
    std::copy_n(from, piece.size(), piece.begin());
    from += piece.size();
  }
  for (const Subtree& subtree : subtrees_) free_.push_back(subtree.values);
  subtrees_.clear();
  terms_ = 0;
}

}  // namespace alexnet
