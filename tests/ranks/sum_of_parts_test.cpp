#include "ranks/sum_of_parts.h"

#include <alexnet/random.h>
#include <alexnet/tensor.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "support/thread_ranks.h"

namespace alexnet::test {
namespace {

constexpr int kFloats = 37;

std::vector<float> part(int number) {
  const auto seed = static_cast<std::uint64_t>(number);
  const Tensor values = random_normal({kFloats}, seed);
  std::vector<float> floats(values.values().begin(), values.values().end());
  for (float& value : floats) value *= number % 3 == 0 ? 1e4F : 0.1F;  // so that the order matters
  return floats;
}

std::vector<float> plus(std::vector<float> left, const std::vector<float>& right) {
  std::ranges::transform(left, right, left.begin(), std::plus());
  return left;
}

// What `ranks` processes make of the parts from `first` on; each gives its own sum.
std::vector<std::vector<float>> sums(int ranks, int parts, int first = 0) {
  std::vector<std::vector<float>> results(static_cast<std::size_t>(ranks));
  on_ranks(ranks, [&](Communicator& rank) {
    SumOfParts sum(rank, parts);
    const OwnParts own = parts_of_rank(rank, parts);
    std::vector<float>& result = results[static_cast<std::size_t>(rank.rank())];
    for (int round = 0; round < 2; ++round) {
      for (int i = own.begin; i < own.end; ++i) {
        const std::vector<float> values = part(first * round + i);
        sum.add({std::span(values).first(5), std::span(values).subspan(5)});
      }
      result.assign(kFloats, 0.0F);
      sum.add_up();
      sum.take({std::span(result).first(30), std::span(result).subspan(30)});
    }
  });
  return results;
}

TEST(SumOfParts, AddsPairsOfPairs) {
  const auto pair = [](int first) { return plus(part(first), part(first + 1)); };
  const auto four = [&](int first) { return plus(pair(first), pair(first + 2)); };
  EXPECT_EQ(sums(1, 1)[0], part(0));
  EXPECT_EQ(sums(1, 2)[0], pair(0));
  EXPECT_EQ(sums(1, 3)[0], plus(pair(0), part(2)));
  EXPECT_EQ(sums(1, 7)[0], plus(four(0), plus(pair(4), part(6))));
  EXPECT_EQ(sums(1, 8)[0], plus(four(0), four(4)));
  const auto in_order = [] {
    std::vector<float> sum = part(0);
    for (int i = 1; i < 8; ++i) sum = plus(sum, part(i));
    return sum;
  };
  EXPECT_NE(sums(1, 8)[0], in_order());
}

TEST(SumOfParts, DoesNotDependOnTheNumberOfRanks) {
  for (const int parts : {1, 2, 3, 5, 8, 11}) {
    const std::vector<float> expected = sums(1, parts, 20).front();
    for (int ranks = 2; ranks <= std::min(parts, 5); ++ranks) {
      EXPECT_THAT(sums(ranks, parts, 20), testing::Each(expected)) << ranks << " of " << parts;
    }
  }
}

TEST(SumOfParts, RanksHaveAllPartsOnce) {
  on_ranks(3, [](Communicator& rank) {
    const OwnParts own = parts_of_rank(rank, 8);
    const std::vector<int> bounds{0, 2, 5, 8};
    EXPECT_EQ(own.begin, bounds[static_cast<std::size_t>(rank.rank())]);
    EXPECT_EQ(own.end, bounds[static_cast<std::size_t>(rank.rank()) + 1]);
  });
}

}  // namespace
}  // namespace alexnet::test
