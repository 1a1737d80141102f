#include <alexnet/error.h>
#include <alexnet/schedule.h>
#include <gtest/gtest.h>

#include <limits>

#include "support/expect_error.h"

namespace alexnet {
namespace {

constexpr std::int64_t kEpoch = 10;
constexpr std::int64_t kTotal = 60;

Schedule make(const ScheduleOptions& options) {
  return {options, kEpoch, kTotal};
}

TEST(Schedule, CosineFallsFromTheBaseRateToZero) {
  const Schedule schedule = make({.kind = ScheduleKind::cosine, .base_rate = 0.02});
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.02);
  EXPECT_NEAR(schedule.rate(kTotal / 4), 0.02 * (0.5 + 0.25 * std::sqrt(2.0)), 1e-12);
  EXPECT_NEAR(schedule.rate(kTotal / 2), 0.01, 1e-12);
  EXPECT_GT(schedule.rate(kTotal - 1), 0.0);
  EXPECT_NEAR(schedule.rate(kTotal), 0.0, 1e-12);
}

TEST(Schedule, PolynomialFallsAsASquare) {
  const Schedule schedule = make({.kind = ScheduleKind::polynomial, .base_rate = 2});
  EXPECT_DOUBLE_EQ(schedule.rate(0), 2);
  EXPECT_DOUBLE_EQ(schedule.rate(kTotal / 2), 0.5);
  EXPECT_NEAR(schedule.rate(kTotal * 3 / 4), 0.125, 1e-12);
}

TEST(Schedule, StepDividesByTenAfterEachThird) {
  const Schedule schedule = make({.kind = ScheduleKind::step, .base_rate = 0.1});
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.rate(19), 0.1);
  EXPECT_DOUBLE_EQ(schedule.rate(20), 0.01);
  EXPECT_DOUBLE_EQ(schedule.rate(39), 0.01);
  EXPECT_NEAR(schedule.rate(40), 0.001, 1e-15);
  EXPECT_NEAR(schedule.rate(59), 0.001, 1e-15);
}

TEST(Schedule, PlateauDividesByTenWhenTheLossStopsFalling) {
  Schedule schedule = make({.kind = ScheduleKind::plateau, .base_rate = 1.0, .patience = 2});
  for (const double loss : {3.0, 2.0, 2.5}) schedule.epoch_end(loss, 0.0);
  EXPECT_DOUBLE_EQ(schedule.rate(0), 1.0);
  schedule.epoch_end(2.0, 0.0);  // as good as the best is no gain
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.1);
  schedule.epoch_end(2.1, 0.0);
  schedule.epoch_end(1.9, 0.0);
  schedule.epoch_end(2.0, 0.0);
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.1);
  schedule.epoch_end(2.0, 0.0);
  EXPECT_NEAR(schedule.rate(0), 0.01, 1e-15);
}

TEST(Schedule, RestoredPlateauGoesOnAsBefore) {
  const ScheduleOptions options{.kind = ScheduleKind::plateau, .base_rate = 1.0, .patience = 3};
  Schedule whole = make(options);
  Schedule resumed = make(options);
  for (const double loss : {2.0, 2.1, 2.2}) whole.epoch_end(loss, 0.0);
  resumed.restore(whole.plateau());
  whole.epoch_end(2.3, 0.0);
  resumed.epoch_end(2.3, 0.0);
  EXPECT_DOUBLE_EQ(whole.rate(0), 0.1);
  EXPECT_DOUBLE_EQ(resumed.rate(0), 0.1);
}

TEST(Schedule, WarmupRisesLinearly) {
  const Schedule schedule =
      make({.kind = ScheduleKind::plateau, .base_rate = 1.0, .warmup_epochs = 0.5});
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.2);
  EXPECT_DOUBLE_EQ(schedule.rate(1), 0.4);
  EXPECT_DOUBLE_EQ(schedule.rate(4), 1.0);
  EXPECT_DOUBLE_EQ(schedule.rate(5), 1.0);
}

TEST(Schedule, RefusesImpossibleOptions) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_ERROR(make({.base_rate = 0.0}), "learning rate of 0");
  EXPECT_ERROR(make({.base_rate = nan}), "learning rate of nan");
  EXPECT_ERROR(make({.warmup_epochs = -1.0}), "warm-up of -1");
  EXPECT_ERROR(make({.patience = 0}), "patience of 0");
  EXPECT_ERROR((Schedule{ScheduleOptions{}, 1, 0}), "at least one step");
}

TEST(Schedule, NamesRoundTrip) {
  for (const char* name : {"cosine", "step", "plateau", "polynomial"}) {
    EXPECT_EQ(to_string(parse<ScheduleKind>(name)), name);
  }
  EXPECT_ERROR(parse<ScheduleKind>("linear"), "'linear'", "cosine, step, plateau, polynomial");
}

TEST(Schedule, APlateauOfTheErrorIsDividedSoOftenAndNoMore) {
  const ScheduleOptions options{.kind = ScheduleKind::plateau,
                                .base_rate = 1.0,
                                .warmup_epochs = 0,
                                .patience = 1,
                                .watched = PlateauWatches::error,
                                .divisions = 2};
  Schedule schedule(options, 1, 100);
  schedule.epoch_end(5.0, 0.4);
  schedule.epoch_end(6.0, 0.3);  // a higher loss, but a lower error
  EXPECT_DOUBLE_EQ(schedule.rate(0), 1.0);
  for (int i = 0; i < 5; ++i) schedule.epoch_end(1.0, 0.3);
  EXPECT_NEAR(schedule.rate(0), 0.01, 1e-12);
}

}  // namespace
}  // namespace alexnet
