#include "engine/cpu/linear/row_exchange.h"

#include <algorithm>
#include <utility>

#include "core/crew.h"

namespace alexnet::cpu::linear {
namespace {

using Sent = std::vector<std::span<const std::byte>>;
using Received = std::vector<std::span<std::byte>>;

std::span<const std::byte> bytes(const float* from, std::size_t size) {
  return std::as_bytes(std::span(from, size));
}
std::span<std::byte> bytes(float* to, std::size_t size) {
  return std::as_writable_bytes(std::span(to, size));
}

}  // namespace

RowExchange::RowExchange(const Division& division, bool by_rows, std::size_t rows,
                         std::size_t inputs, std::size_t most_images)
    : division_(division),
      alone_(by_rows ? nullptr : alone()),
      ranks_(by_rows ? *division.ranks : *alone_),
      rows_(rows),
      inputs_(inputs),
      most_images_(most_images),
      x_(ranks() * most_images * inputs),
      blocks_(most_images * rows) {}

Range RowExchange::rows_of_slice(int slice) const {
  return alexnet::rows_of_slice(static_cast<std::int64_t>(rows_), slice, division_.parts);
}

Range RowExchange::rows_of(std::size_t rank) const {
  const auto [begin, end] = parts_of_rank(static_cast<int>(rank), ranks_.size(), division_.parts);
  return {rows_of_slice(begin).begin, rows_of_slice(end - 1).end};
}

std::span<const Turn> RowExchange::turns(const Pass& pass) const {
  if (!alone_ || pass.turns.size() == 1) return pass.turns;
  return pass.turns.subspan(static_cast<std::size_t>(division_.ranks->rank()), 1);
}

std::size_t RowExchange::images_of(const Pass& pass, std::size_t rank) const {
  return static_cast<std::size_t>(turns(pass)[rank].images);
}

std::size_t RowExchange::own_images(const Pass& pass) const {
  return images_of(pass, static_cast<std::size_t>(ranks_.rank()));
}

void RowExchange::gather_inputs(const Pass& pass, const float* x) {
  const Sent to(ranks(), bytes(x, own_images(pass) * inputs_));
  Received from;
  from.reserve(ranks());
  for (std::size_t rank = 0; rank < ranks(); ++rank) {
    from.push_back(bytes(inputs_of(rank), images_of(pass, rank) * inputs_));
  }
  ranks_.exchange(to, from);
}

// Calls copy(image, rows, block): where the block of the image's rows begins.
template <class Copy>
void RowExchange::copy_blocks(std::size_t images, const Copy& copy) const {
  parallel::each(images, 1, [&](const Range& some) {
    for (int slice = 0; slice < division_.parts; ++slice) {
      const Range rows = rows_of_slice(slice);
      for (std::size_t image = some.begin; image < some.end; ++image) {
        copy(image, rows, images * rows.begin + image * rows.size());
      }
    }
  });
}

void RowExchange::return_outputs(const Pass& pass, const float* of_all, float* y) {
  const std::size_t own = own_images(pass);
  Sent to;
  Received from;
  for (std::size_t rank = 0; rank < ranks(); ++rank) {
    const Range rows = rows_of(rank);
    to.push_back(bytes(of_all + outputs_before(rank), images_of(pass, rank) * own_rows().size()));
    from.push_back(bytes(blocks_.data() + own * rows.begin, own * rows.size()));
  }
  ranks_.exchange(to, from);
  copy_blocks(own, [&](std::size_t image, const Range& rows, std::size_t block) {
    std::copy_n(blocks_.data() + block, rows.size(), y + image * rows_ + rows.begin);
  });
}

void RowExchange::distribute_gradients(const Pass& pass, const float* dy, float* of_all) {
  const std::size_t own = own_images(pass);
  copy_blocks(own, [&](std::size_t image, const Range& rows, std::size_t block) {
    std::copy_n(dy + image * rows_ + rows.begin, rows.size(), blocks_.data() + block);
  });
  Sent to;
  Received from;
  for (std::size_t rank = 0; rank < ranks(); ++rank) {
    const Range rows = rows_of(rank);
    to.push_back(bytes(std::as_const(blocks_).data() + own * rows.begin, own * rows.size()));
    from.push_back(bytes(of_all + outputs_before(rank), images_of(pass, rank) * own_rows().size()));
  }
  ranks_.exchange(to, from);
}

void RowExchange::return_input_gradients(const Pass& pass,
                                         const std::vector<std::vector<Subtree>>& of_images,
                                         float* dx) {
  const std::size_t size = own_images(pass) * inputs_;
  const std::vector<std::vector<Subtree>> of_ranks = places_of_sums(size);
  const std::size_t most = std::ranges::max(of_ranks, {}, &std::vector<Subtree>::size).size();
  for (std::size_t number = 0; number < most; ++number) {
    Sent to(ranks());
    Received from(ranks());
    for (std::size_t rank = 0; rank < ranks(); ++rank) {
      if (number < of_images[rank].size()) {
        const float* const values = of_images[rank][number].values;
        to[rank] = bytes(values, images_of(pass, rank) * inputs_);
      }
      if (number < of_ranks[rank].size()) from[rank] = bytes(of_ranks[rank][number].values, size);
    }
    ranks_.exchange(to, from);
  }
  std::vector<Subtree> all;
  for (const std::vector<Subtree>& subtrees : of_ranks) {
    for (const Subtree& subtree : subtrees) push(all, subtree, size);
  }
  merge_all(all, size);
  std::copy_n(all.front().values, size, dx);
}

// Of each rank's slices, for this rank's images.
std::vector<std::vector<Subtree>> RowExchange::places_of_sums(std::size_t size) {
  std::vector<std::vector<Subtree>> of_ranks;
  std::size_t count = 0;
  for (std::size_t rank = 0; rank < ranks(); ++rank) {
    const auto [begin, end] = parts_of_rank(static_cast<int>(rank), ranks_.size(), division_.parts);
    count += of_ranks.emplace_back(subtrees_of(begin, end)).size();
  }
  if (sums_.size() == 0) sums_ = Buffer<float>(count * most_images_ * inputs_);
  float* place = sums_.data();
  for (std::vector<Subtree>& subtrees : of_ranks) {
    for (Subtree& subtree : subtrees) subtree.values = std::exchange(place, place + size);
  }
  return of_ranks;
}

}  // namespace alexnet::cpu::linear
