#include "ranks/sum_of_parts.h"

#include <algorithm>
#include <utility>

#include "core/crew.h"

namespace alexnet {

OwnParts parts_of_rank(const Communicator& ranks, int parts) {
  return parts_of_rank(ranks.rank(), ranks.size(), parts);
}

OwnParts parts_of_rank(int rank, int ranks, int parts) {
  const auto [begin, end] =
      parallel::part_of({0, static_cast<std::size_t>(parts)}, static_cast<std::size_t>(rank),
                        static_cast<std::size_t>(ranks), 1);
  return {static_cast<int>(begin), static_cast<int>(end)};
}

SumOfParts::SumOfParts(Communicator& ranks, int parts)
    : ranks_(ranks), parts_(parts), next_(parts_of_rank(ranks, parts).begin) {}

void SumOfParts::add(const std::vector<std::span<const float>>& pieces) {
  own_.add(next_++, pieces);
}

void SumOfParts::take(const std::vector<std::span<float>>& pieces) {
  if (ranks_.size() == 1) {
    own_.finish(pieces);
  } else {
    own_.take_first(pieces);
  }
  next_ = parts_of_rank(ranks_, parts_).begin;
}

// Of each rank whole subtrees, as push() finds them, with room for this rank's slice of each.
std::vector<std::vector<Subtree>> SumOfParts::slices_of_ranks() {
  const std::size_t own = slice_of(ranks_.rank()).size();
  std::vector<std::vector<Subtree>> all;
  std::size_t count = 0;
  for (int rank = 0; rank < ranks_.size(); ++rank) {
    const auto [begin, end] = parts_of_rank(rank, ranks_.size(), parts_);
    count += all.emplace_back(subtrees_of(begin, end)).size();
  }
  if (slices_.size() == 0) slices_ = Buffer<float>(own * count);
  float* place = slices_.data();
  for (std::vector<Subtree>& subtrees : all) {
    for (Subtree& subtree : subtrees) subtree.values = std::exchange(place, place + own);
  }
  return all;
}

// Every rank's subtree of this number, where it has so many.
void SumOfParts::exchange_slices(const std::vector<std::vector<Subtree>>& all, std::size_t number) {
  std::vector<std::span<const std::byte>> to(all.size());
  std::vector<std::span<std::byte>> from(all.size());
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (number < own_.subtrees().size()) {
      const auto [begin, end] = slice_of(static_cast<int>(rank));
      to[rank] = std::as_bytes(std::span(own_.subtrees()[number].values + begin, end - begin));
    }
    if (number < all[rank].size()) {
      from[rank] = std::as_writable_bytes(
          std::span(all[rank][number].values, slice_of(ranks_.rank()).size()));
    }
  }
  ranks_.exchange(to, from);
}

void SumOfParts::add_up() {
  if (ranks_.size() == 1) return;
  const std::vector<std::vector<Subtree>> all = slices_of_ranks();
  const auto most = std::ranges::max(all, {}, &std::vector<Subtree>::size).size();
  for (std::size_t number = 0; number < most; ++number) exchange_slices(all, number);
  const std::size_t own = slice_of(ranks_.rank()).size();
  std::vector<Subtree> slices;
  for (const std::vector<Subtree>& of_rank : all) {
    for (const Subtree& subtree : of_rank) push(slices, subtree, own);
  }
  merge_all(slices, own);
  give_to_all(slices.front().values);
}

// This rank's slice of the sum; the others' come.
void SumOfParts::give_to_all(const float* own) {
  const std::size_t size = slice_of(ranks_.rank()).size();
  const std::vector to(static_cast<std::size_t>(ranks_.size()),
                       std::as_bytes(std::span(own, size)));
  std::vector<std::span<std::byte>> from;
  for (int rank = 0; rank < ranks_.size(); ++rank) {
    const auto [begin, end] = slice_of(rank);
    from.push_back(
        std::as_writable_bytes(std::span(own_.subtrees().front().values + begin, end - begin)));
  }
  ranks_.exchange(to, from);
}

parallel::Range SumOfParts::slice_of(int rank) const {
  return parallel::part_of({0, own_.size()}, static_cast<std::size_t>(rank),
                           static_cast<std::size_t>(ranks_.size()), 1);
}

}  // namespace alexnet
