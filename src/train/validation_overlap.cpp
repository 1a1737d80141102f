#include "train/validation_overlap.h"

#include <alexnet/error.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace alexnet {
namespace {

struct Pair {
  std::uint32_t training = 0;
  std::uint32_t validation = 0;
};

std::vector<Pair> pairs_of_one_key(const Dataset& training, const Dataset& validation) {
  std::unordered_map<std::string, std::uint32_t> places;
  for (std::uint32_t i = 0; i < validation.size(); ++i) places.emplace(validation.key(i), i);
  std::vector<Pair> pairs;
  for (std::uint32_t i = 0; i < training.size(); ++i) {
    const auto found = places.find(training.key(i));
    if (found != places.end()) pairs.push_back({.training = i, .validation = found->second});
  }
  return pairs;
}

// What cannot be read decides nothing: it is for the loader to say.
bool may_be_equal(const Dataset& training, const Dataset& validation, const Pair& pair) {
  StoredSample one;
  StoredSample other;
  try {
    training.read(pair.training, one);
    validation.read(pair.validation, other);
  } catch (const Error&) {
    return true;
  }
  return one.file == other.file && one.image.pixels == other.image.pixels;
}

}  // namespace

Overlap overlap(const Dataset& training, const Dataset& validation) {
  const std::vector<Pair> pairs = pairs_of_one_key(training, validation);
  constexpr std::size_t kLookedAt = 16;
  const std::size_t count = std::min(pairs.size(), kLookedAt);
  for (std::size_t i = 0; i < count; ++i) {
    if (!may_be_equal(training, validation, pairs[i * pairs.size() / count])) return {};
  }
  if (pairs.empty()) return {};
  return {.images = pairs.size(), .example = validation.name(pairs.front().validation)};
}

}  // namespace alexnet
