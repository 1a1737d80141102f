#include "cli/timing.h"

#include <gtest/gtest.h>

namespace alexnet::cli {
namespace {

TEST(Timing, SummarisesBySharesOfTheRuns) {
  const Timing timing = summarise({9, 1, 2, 3, 4, 5, 6, 7, 8, 0, 10});
  EXPECT_EQ(timing.runs, 11U);
  EXPECT_EQ(timing.median, 5);
  EXPECT_EQ(timing.low, 1);
  EXPECT_EQ(timing.high, 9);
  EXPECT_EQ(timing.mean, 5);
  EXPECT_EQ(summarise({1, 1, 10}).mean, 4);
  EXPECT_EQ(summarise({2.5}).median, 2.5);
}

TEST(Timing, TimesAtLeastFiveRunsAfterOneToWarmUp) {
  int runs = 0;
  EXPECT_EQ(time_runs(0, [&] { ++runs; }).size(), 5U);
  EXPECT_EQ(runs, 6);
  EXPECT_GT(time_runs(0.01, [] {}).size(), 5U);
}

}  // namespace
}  // namespace alexnet::cli
