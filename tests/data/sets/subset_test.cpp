#include <alexnet/dataset.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/counting_dataset.h"
#include "support/expect_error.h"

namespace alexnet::test {
namespace {

TEST(Subset, GivesTheChosenSamplesInOrder) {
  const DatasetPtr part = make_subset(std::make_shared<CountingDataset>(9), {7, 2, 2});
  EXPECT_EQ(part->size(), 3U);
  EXPECT_EQ(part->sample(0).label, 7);
  EXPECT_EQ(part->sample(2).label, 2);
  EXPECT_ERROR(make_subset(std::make_shared<CountingDataset>(9), {9}), "no sample 9", "9");
}

// Nothing but keys and labels.
class Keyed : public Dataset {
 public:
  void add(std::int32_t label, const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) {
      keys_.push_back(prefix + std::to_string(i));
      labels_.push_back(label);
    }
  }
  std::size_t size() const override { return keys_.size(); }
  Sample sample(std::size_t index) const override { return {.image = {}, .label = label(index)}; }
  std::int32_t label(std::size_t index) const override { return labels_[index]; }
  std::string key(std::size_t index) const override { return keys_[index]; }
  int channels() const override { return 1; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::string> keys_;
  std::vector<std::int32_t> labels_;
  std::vector<std::string> classes_;
};

std::set<std::string> keys(const Dataset& dataset) {
  std::set<std::string> all;
  for (std::size_t i = 0; i < dataset.size(); ++i) all.insert(dataset.key(i));
  return all;
}

std::map<std::int32_t, int> per_class(const Dataset& dataset) {
  std::map<std::int32_t, int> counts;
  for (std::size_t i = 0; i < dataset.size(); ++i) ++counts[dataset.label(i)];
  return counts;
}

TEST(HoldOut, SplitsWithoutOverlapOrLoss) {
  const auto all = std::make_shared<Keyed>();
  all->add(0, "a/", 1000);
  const HoldOut split = hold_out(all, 0.2, 3);
  EXPECT_EQ(split.train->size() + split.validation->size(), 1000U);
  EXPECT_NEAR(static_cast<double>(split.validation->size()), 200.0, 40.0);
  std::set<std::string> together = keys(*split.train);
  together.merge(keys(*split.validation));
  EXPECT_EQ(together, keys(*all));
}

TEST(HoldOut, DependsOnTheSeed) {
  const auto all = std::make_shared<Keyed>();
  all->add(0, "a/", 100);
  const auto chosen = keys(*hold_out(all, 0.2, 3).validation);
  EXPECT_EQ(chosen, keys(*hold_out(all, 0.2, 3).validation));
  EXPECT_NE(chosen, keys(*hold_out(all, 0.2, 4).validation));
}

// Images that were trained on must not become those that validate, nor the other way round.
TEST(HoldOut, IsNotMovedByImagesThatAreAdded) {
  const auto few = std::make_shared<Keyed>();
  few->add(1, "m/", 100);
  const HoldOut before = hold_out(few, 0.2, 3);
  for (const int added : {1, 7, 33, 500}) {
    const auto more = std::make_shared<Keyed>();
    more->add(0, "a/", 77);
    more->add(1, "m/", 100);
    more->add(1, "n/", added);
    const HoldOut after = hold_out(more, 0.2, 3);
    EXPECT_TRUE(std::ranges::includes(keys(*after.train), keys(*before.train))) << added;
    EXPECT_TRUE(std::ranges::includes(keys(*after.validation), keys(*before.validation))) << added;
  }
}

TEST(HoldOut, KeepsTheOrderOfTheFiles) {
  const auto all = std::make_shared<Keyed>();
  all->add(1, "a/", 50);
  all->add(0, "b/", 50);
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < all->size(); ++i) places[all->key(i)] = i;
  const HoldOut split = hold_out(all, 0.4, 3);
  for (const DatasetPtr& part : {split.train, split.validation}) {
    for (std::size_t i = 1; i < part->size(); ++i) {
      EXPECT_LT(places.at(part->key(i - 1)), places.at(part->key(i)));
    }
  }
}

// As after a copy from a Mac, whose names are decomposed: the fingerprint is the same then too.
TEST(HoldOut, IsTheSameHoweverNamesAreWritten) {
  const auto held = [](const std::string& folder) {
    const auto all = std::make_shared<Keyed>();
    all->add(0, folder, 100);
    std::set<std::string> names;
    for (const std::string& key : keys(*hold_out(all, 0.2, 3).validation)) {
      names.insert(key.substr(folder.size()));
    }
    return names;
  };
  EXPECT_EQ(held("caf\xC3\xA9/"), held("cafe\xCC\x81/"));
  EXPECT_NE(held("caf\xC3\xA9/"), held("cafe/"));
}

TEST(HoldOut, LeavesEveryClassOnBothSides) {
  const auto all = std::make_shared<Keyed>();
  all->add(0, "a/", 1);
  all->add(1, "b/", 2);
  all->add(2, "c/", 5);
  using Counts = std::map<std::int32_t, int>;
  const HoldOut little = hold_out(all, 0.001, 1);
  EXPECT_EQ(per_class(*little.validation), (Counts{{1, 1}, {2, 1}}));
  EXPECT_EQ(per_class(*little.train), (Counts{{0, 1}, {1, 1}, {2, 4}}));
  const HoldOut much = hold_out(all, 0.999, 1);
  EXPECT_EQ(per_class(*much.validation), (Counts{{1, 1}, {2, 4}}));
  EXPECT_EQ(per_class(*much.train), (Counts{{0, 1}, {1, 1}, {2, 1}}));
}

TEST(HoldOut, RefusesWhatCannotBeDivided) {
  EXPECT_ERROR(hold_out(std::make_shared<CountingDataset>(3), 0.5, 1), "no class of 3",
               "--validation 0");
  const auto two = std::make_shared<Keyed>();
  two->add(0, "a/", 2);
  EXPECT_ERROR(hold_out(two, 0.0, 1), "between 0 and 1");
  EXPECT_ERROR(hold_out(two, 1.0, 1), "between 0 and 1");
}

}  // namespace
}  // namespace alexnet::test
