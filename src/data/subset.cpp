#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>
#include <vector>

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

// In the order of the files, which reads faster than a random one.
DatasetPtr sorted_subset(const DatasetPtr& dataset, std::span<const std::uint32_t> indices) {
  std::vector<std::uint32_t> sorted(indices.begin(), indices.end());
  std::ranges::sort(sorted);
  return subset(dataset, std::move(sorted));
}

}  // namespace

DatasetPtr subset(DatasetPtr dataset, std::vector<std::uint32_t> indices) {
  for (const std::uint32_t index : indices) {
    if (index >= dataset->size()) {
      throw Error(fmt::format("there is no sample {} in a set of {}", index, dataset->size()));
    }
  }
  return std::make_shared<Subset>(std::move(dataset), std::move(indices));
}

HoldOut hold_out(const DatasetPtr& train, double share, std::uint64_t seed) {
  const auto count = static_cast<std::uint32_t>(train->size());
  if (count < 2) {
    throw Error(
        fmt::format("{} training samples are too few to hold some out for validation; at "
                    "least 2 are needed",
                    count));
  }
  if (!(share > 0.0 && share < 1.0)) {
    throw Error(fmt::format("the share held out for validation is between 0 and 1, not {}", share));
  }
  const double wanted = std::clamp(std::round(share * count), 1.0, count - 1.0);
  const std::vector<std::uint32_t> order =
      random_order(count, {.seed = seed, .purpose = Purpose::hold_out});
  const std::span<const std::uint32_t> all(order);
  const auto held = static_cast<std::size_t>(wanted);
  return {.train = sorted_subset(train, all.subspan(held)),
          .validation = sorted_subset(train, all.first(held))};
}

}  // namespace alexnet
