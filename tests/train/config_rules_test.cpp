#include "train/config_rules.h"

#include <gmock/gmock.h>

#include "train/named_options.h"

namespace alexnet::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string note(int batch_size, double rate, Optimizer optimizer = Optimizer::sgd,
                 float trust = 0.001F) {
  TrainConfig config;
  config.sgd.trust_coefficient = trust;
  config.batch_size = batch_size;
  config.schedule.base_rate = rate;
  config.sgd.optimizer = optimizer;
  return rate_note(config);
}

TEST(RateNote, SaysWhereALargeBatchHasARateOfAnother) {
  EXPECT_THAT(note(1024, 0.01), AllOf(HasSubstr("0.01 is low for batches of 1024 images"),
                                      HasSubstr("0.16 in proportion")));
  EXPECT_THAT(note(1024, 2), HasSubstr("2 is high for batches of 1024 images"));
  EXPECT_EQ(note(1024, 0.16), "");
  EXPECT_EQ(note(1024, 0.05), "");
  EXPECT_EQ(note(128, 0.001), "") << "not a large one";
}

TEST(RateNote, KnowsThatLarsTakesLargeRates) {
  EXPECT_THAT(note(64, 0.01, Optimizer::lars), HasSubstr("low for LARS"));
  EXPECT_EQ(note(8192, 10, Optimizer::lars), "");
  EXPECT_EQ(note(8, 0.05, Optimizer::lars, 1), "");
  EXPECT_THAT(note(8, 0.05, Optimizer::lars, 1e-4F), HasSubstr("use 1 or more"));
}

TEST(Lars, BringsItsScheduleAndRateUnlessTheyAreGiven) {
  const TrainConfig alone = configure("data", R"({"optimizer": "lars", "batch_size": 16})");
  EXPECT_EQ(alone.schedule.kind, ScheduleKind::polynomial);
  EXPECT_EQ(alone.schedule.base_rate, 2);
  EXPECT_EQ(alone.sgd.trust_coefficient, 0.001F);
  const TrainConfig given =
      configure("data", R"({"learning_rate": 5, "schedule": "cosine", "optimizer": "lars"})");
  EXPECT_EQ(given.schedule.kind, ScheduleKind::cosine);
  EXPECT_EQ(given.schedule.base_rate, 5);
  EXPECT_EQ(configure("data", R"({"optimizer": "sgd"})").schedule.kind, ScheduleKind::cosine);
}

}  // namespace
}  // namespace alexnet::test
