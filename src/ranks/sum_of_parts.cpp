#include "ranks/sum_of_parts.h"

#include <algorithm>
#include <utility>

#include "core/crew.h"

namespace alexnet {
namespace {

constexpr std::size_t kGrain = 1 << 14;  // floats that are worth a thread

void add(const float* from, float* to, std::size_t size) {
  if (size == 0) return;
  parallel::each(size, kGrain, [=](parallel::Range part) {
#pragma omp simd
    for (std::size_t i = part.begin; i < part.end; ++i) to[i] += from[i];
  });
}

OwnParts parts_of(int rank, int ranks, int parts) {
  const auto [begin, end] =
      parallel::part_of({0, static_cast<std::size_t>(parts)}, static_cast<std::size_t>(rank),
                        static_cast<std::size_t>(ranks), 1);
  return {static_cast<int>(begin), static_cast<int>(end)};
}

}  // namespace

OwnParts parts_of_rank(const Communicator& ranks, int parts) {
  return parts_of(ranks.rank(), ranks.size(), parts);
}

SumOfParts::SumOfParts(Communicator& ranks, int parts)
    : ranks_(ranks), parts_(parts), next_(parts_of_rank(ranks, parts).begin) {}

bool SumOfParts::are_siblings(const Subtree& left, const Subtree& right) {
  return left.parts == right.parts && left.first % (2 * left.parts) == 0;
}

void SumOfParts::merge_last(std::vector<Subtree>& subtrees, std::size_t size) {
  const Subtree right = subtrees.back();
  subtrees.pop_back();
  alexnet::add(right.values, subtrees.back().values, size);
  subtrees.back().parts += right.parts;
}

void SumOfParts::push(std::vector<Subtree>& subtrees, const Subtree& next, std::size_t size) {
  subtrees.push_back(next);
  merge_siblings(subtrees, size);
}

void SumOfParts::merge_siblings(std::vector<Subtree>& subtrees, std::size_t size) {
  while (subtrees.size() > 1 && are_siblings(subtrees[subtrees.size() - 2], subtrees.back())) {
    merge_last(subtrees, size);
  }
}

void SumOfParts::merge_all(std::vector<Subtree>& subtrees, std::size_t size) {
  while (subtrees.size() > 1) merge_last(subtrees, size);
}

void SumOfParts::add(const std::vector<std::span<const float>>& pieces) {
  size_ = 0;
  for (const std::span<const float> piece : pieces) size_ += piece.size();
  const Subtree next{.first = next_++, .parts = 1, .values = nullptr};
  if (!subtrees_.empty() && are_siblings(subtrees_.back(), next)) {
    float* to = subtrees_.back().values;
    for (const std::span<const float> piece : pieces) {
      alexnet::add(piece.data(), to, piece.size());
      to += piece.size();
    }
    subtrees_.back().parts = 2;
    merge_siblings(subtrees_, size_);
    return;
  }
  const std::size_t place = subtrees_.size();
  if (sums_.size() == place) sums_.emplace_back(size_);
  float* to = sums_[place].data();
  for (const std::span<const float> piece : pieces) to = std::ranges::copy(piece, to).out;
  subtrees_.push_back({.first = next.first, .parts = 1, .values = sums_[place].data()});
}

void SumOfParts::finish(const std::vector<std::span<float>>& pieces) {
  if (ranks_.size() > 1) {
    add_up_slices();
  } else {
    merge_all(subtrees_, size_);
  }
  const float* from = sums_.front().data();
  for (const std::span<float> piece : pieces) {
    std::copy_n(from, piece.size(), piece.begin());
    from += piece.size();
  }
  subtrees_.clear();
  next_ = parts_of_rank(ranks_, parts_).begin;
}

// Of each rank whole subtrees, as push() finds them, with room for this rank's slice of each.
std::vector<std::vector<SumOfParts::Subtree>> SumOfParts::slices_of_ranks() {
  const std::size_t own = slice_of(ranks_.rank()).size();
  std::vector<std::vector<Subtree>> all;
  std::size_t count = 0;
  for (int rank = 0; rank < ranks_.size(); ++rank) {
    const auto [begin, end] = parts_of(rank, ranks_.size(), parts_);
    std::vector<Subtree>& subtrees = all.emplace_back();
    for (int part = begin; part < end; ++part) push(subtrees, {part, 1, nullptr}, 0);
    count += subtrees.size();
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
    if (number < subtrees_.size()) {
      const auto [begin, end] = slice_of(static_cast<int>(rank));
      to[rank] = std::as_bytes(std::span(subtrees_[number].values + begin, end - begin));
    }
    if (number < all[rank].size()) {
      from[rank] = std::as_writable_bytes(
          std::span(all[rank][number].values, slice_of(ranks_.rank()).size()));
    }
  }
  ranks_.exchange(to, from);
}

void SumOfParts::add_up_slices() {
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
    from.push_back(std::as_writable_bytes(std::span(sums_.front().data() + begin, end - begin)));
  }
  ranks_.exchange(to, from);
}

parallel::Range SumOfParts::slice_of(int rank) const {
  return parallel::part_of({0, size_}, static_cast<std::size_t>(rank),
                           static_cast<std::size_t>(ranks_.size()), 1);
}

}  // namespace alexnet
