#include "train/validation_overlap.h"

#include <alexnet/error.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "data/sets/content_hash.h"

namespace alexnet {
namespace {

constexpr std::uint64_t kUnknown = 0;  // all samples of unknown size are candidates for each other

// Every `step`-th image of a set, by size.
using BySize = std::unordered_map<std::uint64_t, std::vector<std::uint32_t>>;

std::uint64_t size_of(const Dataset& dataset, std::uint32_t index) {
  return dataset.stored_bytes(index).value_or(kUnknown);
}

std::vector<std::uint64_t> sizes_of(const Dataset& dataset) {
  std::vector<std::uint64_t> sizes(dataset.size());
  for (std::uint32_t i = 0; i < sizes.size(); ++i) sizes[i] = size_of(dataset, i);
  return sizes;
}

BySize by_size(const std::vector<std::uint64_t>& sizes, std::uint32_t step) {
  BySize groups;
  for (std::uint32_t i = 0; i < sizes.size(); i += step) groups[sizes[i]].push_back(i);
  return groups;
}

std::uint64_t cost_of(const BySize& wanted, const std::vector<std::uint64_t>& sizes) {
  constexpr std::uint64_t kFile = 4096;
  std::uint64_t cost = 0;
  for (const std::uint64_t size : sizes) cost += wanted.contains(size) ? size + kFile : 0;
  return cost;
}

std::optional<ContentHash> hash_of(const Dataset& dataset, std::uint32_t index) {
  StoredSample stored;
  try {
    dataset.read(index, stored);
  } catch (const Error&) {
    return std::nullopt;
  }
  return content_hash(stored);
}

std::set<ContentHash> hashes_of(const Dataset& set, const std::vector<std::uint64_t>& sizes,
                                const BySize& wanted) {
  std::set<ContentHash> hashes;
  for (std::uint32_t i = 0; i < sizes.size(); ++i) {
    if (!wanted.contains(sizes[i])) continue;
    if (const auto hash = hash_of(set, i)) hashes.insert(*hash);
  }
  return hashes;
}

}  // namespace

Overlap overlap(const Dataset& set, const Dataset& images, std::uint64_t most_bytes) {
  const std::vector<std::uint64_t> own = sizes_of(images);
  const std::vector<std::uint64_t> others = sizes_of(set);
  std::uint32_t step = 1;
  BySize wanted = by_size(own, step);
  while (step < own.size() && cost_of(wanted, others) > most_bytes) {
    step *= 2;
    wanted = by_size(own, step);
  }
  const std::set<ContentHash> hashes = hashes_of(set, others, wanted);
  const BySize there = by_size(others, 1);
  Overlap result{.images = 0, .looked_at = (own.size() + step - 1) / step, .example = {}};
  for (std::uint32_t i = 0; i < own.size(); i += step) {
    if (!there.contains(own[i])) continue;
    const auto hash = hash_of(images, i);
    if (!hash || !hashes.contains(*hash)) continue;
    if (result.images++ == 0) result.example = images.name(i);
  }
  return result;
}

}  // namespace alexnet
