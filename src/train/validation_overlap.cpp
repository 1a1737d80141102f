#include "train/validation_overlap.h"

#include <alexnet/error.h>
#include <fmt/format.h>

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

// In memory nothing costs.
std::uint64_t cost_of(const Dataset& set, const BySize& wanted,
                      const std::vector<std::uint64_t>& sizes) {
  constexpr std::uint64_t kFile = 4096;
  if (set.uniform_size()) return 0;
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

// Of every `every`-th of the samples of these sizes.
std::set<ContentHash> hashes_of(const Dataset& set, const std::vector<std::uint64_t>& sizes,
                                const BySize& wanted, std::size_t every) {
  std::set<ContentHash> hashes;
  std::size_t candidates = 0;
  for (std::uint32_t i = 0; i < sizes.size(); ++i) {
    if (!wanted.contains(sizes[i]) || candidates++ % every != 0) continue;
    if (const auto hash = hash_of(set, i)) hashes.insert(*hash);
  }
  return hashes;
}

}  // namespace

Overlap overlap(const Dataset& set, const Dataset& images, std::uint64_t most_bytes) {
  constexpr std::size_t kEnough = 500;
  const std::vector<std::uint64_t> own = sizes_of(images);
  const std::vector<std::uint64_t> others = sizes_of(set);
  std::uint32_t step = 1;
  BySize wanted = by_size(own, step);
  std::uint64_t cost = cost_of(set, wanted, others);
  for (; cost > most_bytes && own.size() / step >= 2 * kEnough;
       cost = cost_of(set, wanted, others)) {
    step *= 2;
    wanted = by_size(own, step);
  }
  // Odd, for the step is a power of two: of sets in one order, both would pick other images.
  const std::size_t every = cost > most_bytes ? (cost / most_bytes + 1) | 1 : 1;
  const std::set<ContentHash> hashes = hashes_of(set, others, wanted, every);
  const BySize there = by_size(others, 1);
  Overlap result{.looked_at = (own.size() + step - 1) / step, .total = own.size(), .every = every};
  for (std::uint32_t i = 0; i < own.size(); i += step) {
    if (!there.contains(own[i])) continue;
    const auto hash = hash_of(images, i);
    if (!hash || !hashes.contains(*hash)) continue;
    if (result.images++ == 0) result.example = images.name(i);
  }
  return result;
}

std::string Overlap::scope() const {
  if (is_complete()) return "";
  return fmt::format(" ({} of {} were compared{})", looked_at, total,
                     every == 1 ? "" : fmt::format(", with one in {} of the others", every));
}

std::string Overlap::note() const {
  if (images == 0 && is_complete()) return "";
  if (images == 0) {
    return fmt::format("of the images for validation none is known to be trained on{}", scope());
  }
  return fmt::format(
      "{}{} of the {} images for validation{} {} trained on too, such as {}: the accuracy will "
      "look better than it is",
      is_complete() ? "" : "at least ", images, total, scope(), images == 1 ? "is" : "are",
      example);
}

}  // namespace alexnet
