#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// One fixed tree in which numbered terms, many floats each, are added: pairs of neighbours, pairs
/// of these pairs, and so on; what is left over at the end from the right. The sum depends neither
/// on who adds which terms nor on when.
namespace alexnet {

/// The sum of some terms.
struct Subtree {
  int first = 0;  ///< term
  int terms = 1;
  float* values = nullptr;  ///< null: where only the shape of the tree is of interest
};

/// Whether they are halves of a subtree.
bool are_siblings(const Subtree& left, const Subtree& right);

/// Adds the subtree that follows the last, in place, as far as whole ones come of it.
void push(std::vector<Subtree>& subtrees, const Subtree& next, std::size_t size);
/// Adds up all; the first has the sum then.
void merge_all(std::vector<Subtree>& subtrees, std::size_t size);

/// What push() makes of terms [begin, end).
std::vector<Subtree> subtrees_of(int begin, int end);

/// to += from, by all threads.
void add_floats(std::span<const float> from, float* to);

}  // namespace alexnet
