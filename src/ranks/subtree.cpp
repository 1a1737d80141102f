#include "ranks/subtree.h"

#include "core/crew.h"

namespace alexnet {
namespace {

void merge_last(std::vector<Subtree>& subtrees, std::size_t size) {
  const Subtree right = subtrees.back();
  subtrees.pop_back();
  add_floats({right.values, size}, subtrees.back().values);
  subtrees.back().terms += right.terms;
}

}  // namespace

bool are_siblings(const Subtree& left, const Subtree& right) {
  return left.terms == right.terms && left.first % (2 * left.terms) == 0 &&
         right.first == left.first + left.terms;
}

void push(std::vector<Subtree>& subtrees, const Subtree& next, std::size_t size) {
  subtrees.push_back(next);
  while (subtrees.size() > 1 && are_siblings(subtrees[subtrees.size() - 2], subtrees.back())) {
    merge_last(subtrees, size);
  }
}

void merge_all(std::vector<Subtree>& subtrees, std::size_t size) {
  while (subtrees.size() > 1) merge_last(subtrees, size);
}

std::vector<Subtree> subtrees_of(int begin, int end) {
  std::vector<Subtree> subtrees;
  for (int term = begin; term < end; ++term) push(subtrees, {.first = term}, 0);
  return subtrees;
}

void add_floats(std::span<const float> from, float* to) {
  constexpr std::size_t kGrain = 1 << 14;  // floats that are worth a thread
  if (from.empty()) return;
  parallel::each(from.size(), kGrain, [=](parallel::Range part) {
#pragma omp simd
    for (std::size_t i = part.begin; i < part.end; ++i) to[i] += from[i];
  });
}

}  // namespace alexnet
