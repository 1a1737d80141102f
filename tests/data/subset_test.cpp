#include <alexnet/dataset.h>
#include <gtest/gtest.h>

#include <set>

#include "data/counting_dataset.h"
#include "data/expect_error.h"

namespace alexnet::test {
namespace {

std::set<std::int32_t> labels(const Dataset& dataset) {
  std::set<std::int32_t> all;
  for (std::size_t i = 0; i < dataset.size(); ++i) all.insert(dataset.sample(i).label);
  return all;
}

TEST(Subset, GivesTheChosenSamplesInOrder) {
  const DatasetPtr part = subset(std::make_shared<CountingDataset>(9), {7, 2, 2});
  EXPECT_EQ(part->size(), 3U);
  EXPECT_EQ(part->sample(0).label, 7);
  EXPECT_EQ(part->sample(2).label, 2);
  EXPECT_ERROR(subset(std::make_shared<CountingDataset>(9), {9}), "no sample 9", "9");
}

TEST(HoldOut, SplitsWithoutOverlapOrLoss) {
  const DatasetPtr all = std::make_shared<CountingDataset>(100);
  const HoldOut split = hold_out(all, 0.2, 3);
  EXPECT_EQ(split.train->size(), 80U);
  EXPECT_EQ(split.validation->size(), 20U);
  std::set<std::int32_t> together = labels(*split.train);
  together.merge(labels(*split.validation));
  EXPECT_EQ(together.size(), 100U);
}

TEST(HoldOut, DependsOnTheSeedAlone) {
  const DatasetPtr all = std::make_shared<CountingDataset>(100);
  const auto chosen = labels(*hold_out(all, 0.2, 3).validation);
  EXPECT_EQ(chosen, labels(*hold_out(all, 0.2, 3).validation));
  EXPECT_NE(chosen, labels(*hold_out(all, 0.2, 4).validation));
}

TEST(HoldOut, LeavesAtLeastOneOnBothSides) {
  const DatasetPtr two = std::make_shared<CountingDataset>(2);
  for (const double share : {0.001, 0.999}) {
    EXPECT_EQ(hold_out(two, share, 1).train->size(), 1U);
    EXPECT_EQ(hold_out(two, share, 1).validation->size(), 1U);
  }
  EXPECT_ERROR(hold_out(std::make_shared<CountingDataset>(1), 0.5, 1), "at least 2");
  EXPECT_ERROR(hold_out(two, 0.0, 1), "between 0 and 1");
  EXPECT_ERROR(hold_out(two, 1.0, 1), "between 0 and 1");
}

}  // namespace
}  // namespace alexnet::test
