#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "core/threads.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Lt;

constexpr auto kOnes32 = std::numeric_limits<std::uint32_t>::max();
constexpr auto kOnes64 = std::numeric_limits<std::uint64_t>::max();

struct Moments {
  double mean = 0;
  double deviation = 0;
};

Moments moments(std::span<const float> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / count)};
}

std::vector<float> uniform(std::size_t count, const RandomKey& key, float low = 0, float high = 1) {
  std::vector<float> values(count);
  fill_uniform(values, key, low, high);
  return values;
}

std::vector<float> normal(std::size_t count, const RandomKey& key) {
  std::vector<float> values(count);
  fill_normal(values, key, 0.0F, 1.0F);
  return values;
}

// Random123's known answers (kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_THAT(random_block({}, 0), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  const RandomKey ones{
      .seed = kOnes64, .purpose = Purpose{kOnes32}, .major = kOnes32, .minor = kOnes32};
  EXPECT_THAT(random_block(ones, kOnes32),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
}

TEST(Philox, PutsEveryPartOfTheKeyInItsPlace) {
  // The third of the known answers: counter and key are digits of pi.
  const RandomKey key{.seed = 0x299f31d0'a4093822,
                      .purpose = Purpose{0x03707344},
                      .major = 0x13198a2e,
                      .minor = 0x85a308d3};
  EXPECT_THAT(random_block(key, 0x243f6a88),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(UnitFloat, StaysBelowOne) {
  EXPECT_EQ(to_unit_float(0), 0.0F);
  EXPECT_LT(to_unit_float(kOnes32), 1.0F);
  EXPECT_EQ(to_unit_float(1U << 31), 0.5F);
}

TEST(RandomStream, ReadsTheBlocksInOrder) {
  const RandomKey key{.seed = 5};
  RandomStream stream(key);
  for (std::uint32_t index = 0; index < 3; ++index) {
    for (const std::uint32_t word : random_block(key, index)) EXPECT_EQ(stream.word(), word);
  }
}

TEST(RandomStream, CoversTheRangeBelowABound) {
  RandomStream stream({.seed = 1});
  std::vector<int> counts(7);
  for (int i = 0; i < 7000; ++i) ++counts.at(stream.below(7));
  EXPECT_THAT(counts, Each(AllOf(Ge(850), Lt(1150))));
}

TEST(FillUniform, StaysInItsRangeWithItsMoments) {
  const auto values = uniform(200'001, {.seed = 2}, -2.0F, 3.0F);
  EXPECT_THAT(values, Each(AllOf(Ge(-2.0F), Lt(3.0F))));
  EXPECT_NEAR(moments(values).mean, 0.5, 0.02);
  EXPECT_NEAR(moments(values).deviation, 5 / std::sqrt(12.0), 0.02);
}

TEST(FillNormal, HasItsMoments) {
  std::vector<float> values(200'003);
  fill_normal(values, {.seed = 3}, 1.0F, 0.5F);
  EXPECT_NEAR(moments(values).mean, 1.0, 0.01);
  EXPECT_NEAR(moments(values).deviation, 0.5, 0.01);
  const auto beyond = std::ranges::count_if(values, [](float v) { return std::abs(v - 1) > 1; });
  EXPECT_NEAR(static_cast<double>(beyond) / 200'003, 0.0455, 0.003);
}

TEST(Fill, DependsOnEveryPartOfTheKey) {
  const auto base = uniform(100, {.seed = 1});
  EXPECT_NE(base, uniform(100, {.seed = 2}));
  EXPECT_NE(base, uniform(100, {.seed = 1 + (std::uint64_t{1} << 32)}));
  EXPECT_NE(base, uniform(100, {.seed = 1, .purpose = Purpose::dropout}));
  EXPECT_NE(base, uniform(100, {.seed = 1, .major = 1}));
  EXPECT_NE(base, uniform(100, {.seed = 1, .minor = 1}));
  EXPECT_EQ(base, uniform(100, {.seed = 1}));
}

TEST(Fill, IsTheSameForAnyNumberOfThreads) {
  const auto drawn_by = [](int threads) {
    const ThreadTeam team(threads);
    return std::pair{uniform(10'007, {.seed = 4}), normal(10'007, {.seed = 4})};
  };
  EXPECT_EQ(drawn_by(1), drawn_by(5));
}

TEST(Fill, BeginsAlikeForAnyLength) {
  const auto full = normal(1000, {.seed = 6});
  const auto part = normal(13, {.seed = 6});
  EXPECT_TRUE(std::ranges::equal(part, std::span(full).first(13)));
}

TEST(RandomOrder, IsAPermutation) {
  for (const std::uint32_t count : {0U, 1U, 2U, 1000U}) {
    auto order = random_order(count, {.seed = 7});
    std::vector<std::uint32_t> expected(count);
    std::iota(expected.begin(), expected.end(), 0U);
    std::ranges::sort(order);
    EXPECT_EQ(order, expected);
  }
}

TEST(RandomOrder, ReachesEveryOrder) {
  std::set<std::vector<std::uint32_t>> seen;
  for (std::uint32_t epoch = 0; epoch < 200; ++epoch) {
    seen.insert(random_order(4, {.seed = 8, .major = epoch}));
  }
  EXPECT_EQ(seen.size(), 24U);
}

TEST(RandomNormal, IsATensorOfItsSeed) {
  const Tensor tensor = random_normal({2, 1, 8, 8}, 9);
  EXPECT_EQ(tensor.shape(), (Shape{2, 1, 8, 8}));
  EXPECT_TRUE(std::ranges::equal(tensor.values(), random_normal({128}, 9).values()));
  EXPECT_FALSE(std::ranges::equal(tensor.values(), random_normal({128}, 10).values()));
}

}  // namespace
}  // namespace alexnet
