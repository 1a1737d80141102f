// In which caches streams of bytes are found.
#include "engine/cpu/base/stream.h"

#include <gtest/gtest.h>

namespace alexnet::cpu {
namespace {

constexpr Caches kCaches{.l1d = 100, .l2 = 1000, .l3 = 5000};

void expect_passes(const Stream& stream, const CacheTraffic& expected, int threads = 1) {
  const CacheTraffic passed = traffic(stream, kCaches, threads);
  EXPECT_EQ(passed.l2, expected.l2) << stream.distance.own;
  EXPECT_EQ(passed.l3, expected.l3) << stream.distance.own;
  EXPECT_EQ(passed.memory, expected.memory) << stream.distance.own;
}

TEST(Streams, AreFoundInTheFirstCacheThatHoldsWhatCameBetween) {
  expect_passes({7, {.own = 100}}, {});
  expect_passes({7, {.own = 101}}, {.l2 = 7});
  expect_passes({7, {.own = 1000}}, {.l2 = 7});
  expect_passes({7, {.own = 1001}}, {.l2 = 7, .l3 = 7});
  expect_passes({7, {.own = 5000}}, {.l2 = 7, .l3 = 7});
  expect_passes({7, {.own = 5001}}, {.l2 = 7, .l3 = 7, .memory = 7});
}

// A core's second level holds them for itself, the third one for all.
TEST(Streams, WeightsAreInTheThirdLevelOnceForAllThreads) {
  const Stream stream{7, {.own = 500, .weights = 9000}};
  expect_passes(stream, {.l2 = 7, .l3 = 7, .memory = 7}, 1);
  expect_passes(stream, {.l2 = 7, .l3 = 7}, 2);
  expect_passes({7, {.own = 500, .weights = 600}}, {.l2 = 7, .l3 = 7}, 2);
}

TEST(Streams, ComeFromMemoryWhereTheThirdLevelIsUnknownAndTheyAreLarge) {
  const Caches caches{.l1d = 100, .l2 = 1000};
  EXPECT_EQ(traffic({7, {.own = 4 << 20}}, caches, 1).memory, 0);
  EXPECT_EQ(traffic({7, {.own = 5 << 20}}, caches, 1).memory, 7);
}

}  // namespace
}  // namespace alexnet::cpu
