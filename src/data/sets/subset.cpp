#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <alexnet/random.h>
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/unicode.h"

namespace alexnet {
namespace {

class Subset : public Dataset {
 public:
  Subset(DatasetPtr dataset, std::vector<std::uint32_t> indices)
      : dataset_(std::move(dataset)), indices_(std::move(indices)) {}

  std::size_t size() const override { return indices_.size(); }
  Sample sample(std::size_t index) const override { return dataset_->sample(indices_[index]); }
  void read(std::size_t index, StoredSample& stored) const override {
    dataset_->read(indices_[index], stored);
  }
  std::string name(std::size_t index) const override { return dataset_->name(indices_[index]); }
  std::string key(std::size_t index) const override { return dataset_->key(indices_[index]); }
  std::vector<LeftOut> left_out() const override { return dataset_->left_out(); }
  std::int32_t label(std::size_t index) const override { return dataset_->label(indices_[index]); }
  std::optional<std::uint64_t> stored_bytes(std::size_t index) const override {
    return dataset_->stored_bytes(indices_[index]);
  }
  int channels() const override { return dataset_->channels(); }
  const std::vector<std::string>& classes() const override { return dataset_->classes(); }
  bool uniform_size() const override { return dataset_->uniform_size(); }
  std::optional<std::vector<std::uint32_t>> stream_order(const RandomKey& key,
                                                         const Rank& rank) const override;

 private:
  DatasetPtr dataset_;
  std::vector<std::uint32_t> indices_;
};

// The whole set's order without what is not in the subset, and of that the rank's part.
std::optional<std::vector<std::uint32_t>> Subset::stream_order(const RandomKey& key,
                                                               const Rank& rank) const {
  const auto whole = dataset_->stream_order(key, {});
  if (!whole) return std::nullopt;
  constexpr std::uint32_t kAbsent = 0xFFFFFFFF;
  std::vector<std::uint32_t> positions(dataset_->size(), kAbsent);
  for (std::size_t i = 0; i < indices_.size(); ++i) {
    positions[indices_[i]] = static_cast<std::uint32_t>(i);
  }
  std::vector<std::uint32_t> order;
  for (const std::uint32_t index : *whole) {
    if (positions[index] != kAbsent) order.push_back(positions[index]);
  }
  const auto share =
      static_cast<std::ptrdiff_t>(order.size() / static_cast<std::size_t>(rank.count));
  const auto begin = order.begin() + share * rank.index;
  return std::vector<std::uint32_t>(begin, begin + share);
}

// A sample's place in the draw: as good as random, in [0, 1), and the same in any set that has a
// sample of this key, whichever system wrote its name.
double draw(const std::string& key, std::uint64_t seed) {
  constexpr int kDoubleBits = 53;
  const std::string composed = compose(key);
  const std::uint64_t hash = XXH3_64bits_withSeed(composed.data(), composed.size(), seed);
  return std::ldexp(static_cast<double>(hash >> (64 - kDoubleBits)), -kDoubleBits);
}

using Drawn = std::pair<double, std::uint32_t>;  // place and index

std::map<std::int32_t, std::vector<Drawn>> draw_by_class(const Dataset& dataset,
                                                         std::uint64_t seed) {
  std::map<std::int32_t, std::vector<Drawn>> classes;
  for (std::uint32_t i = 0; i < dataset.size(); ++i) {
    classes[dataset.label(i)].emplace_back(draw(dataset.key(i), seed), i);
  }
  return classes;
}

// How many of a class, of which they are the first.
std::ptrdiff_t count_held_out(const std::vector<Drawn>& sorted, double share) {
  const auto all = static_cast<std::ptrdiff_t>(sorted.size());
  if (all < 2) return 0;
  const auto below = std::ranges::lower_bound(sorted, share, {}, &Drawn::first) - sorted.begin();
  return std::clamp<std::ptrdiff_t>(below, 1, all - 1);
}

}  // namespace

DatasetPtr make_subset(DatasetPtr dataset, std::vector<std::uint32_t> indices) {
  for (const std::uint32_t index : indices) {
    if (index >= dataset->size()) {
      throw Error(fmt::format("there is no sample {} in a set of {}", index, dataset->size()),
                  ErrorKind::not_found);
    }
  }
  return std::make_shared<Subset>(std::move(dataset), std::move(indices));
}

HoldOut hold_out(const DatasetPtr& train, double share, std::uint64_t seed) {
  if (!(share > 0.0 && share < 1.0)) {
    throw Error(fmt::format("the share held out for validation is between 0 and 1, not {}", share));
  }
  std::vector<std::uint32_t> kept;
  std::vector<std::uint32_t> held;
  for (auto& [label, samples] : draw_by_class(*train, seed)) {
    std::ranges::sort(samples);
    const auto first_kept = samples.begin() + count_held_out(samples, share);
    const auto index = [](const Drawn& sample) { return sample.second; };
    std::transform(samples.begin(), first_kept, std::back_inserter(held), index);
    std::transform(first_kept, samples.end(), std::back_inserter(kept), index);
  }
  if (held.empty()) {
    throw Error(fmt::format(
        "no class of {} training samples has two, so none can be held out for validation; add "
        "images, give others (--val), or train on all (--validation 0)",
        train->size()));
  }
  // In the order of the files, which reads faster than a random one.
  std::ranges::sort(kept);
  std::ranges::sort(held);
  return {.train = make_subset(train, std::move(kept)),
          .validation = make_subset(train, std::move(held))};
}

}  // namespace alexnet
