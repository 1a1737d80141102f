#include "ranks/sum_of_gradients.h"

#include <alexnet/random.h>
#include <alexnet/tensor.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/forwarding_ranks.h"
#include "support/thread_ranks.h"

namespace alexnet::test {
namespace {

constexpr int kParts = 5;
// The first three travel before the rest.
const std::vector<std::int64_t> kSizes{300, 7, 500, 40, 100};
constexpr std::size_t kFloats = 947;

Tensor gradient(int step, int part, std::size_t number) {
  const auto seed = static_cast<std::uint64_t>(step * 100 + part * 10) + number;
  return random_normal({kSizes[number]}, seed);
}

std::vector<Tensor> sums_of_step(SumOfGradients& sum, const OwnParts& own, int step) {
  std::vector<Tensor> kept;
  for (int part = own.begin; part < own.end; ++part) {
    kept.clear();
    sum.begin_part(part);
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
      sum.add(kept.emplace_back(gradient(step, part, i)).values());
    }
    sum.end_part();
  }
  std::vector<Tensor> sums;
  std::vector<std::span<float>> pieces;
  for (const std::int64_t size : kSizes) pieces.push_back(sums.emplace_back(Shape{size}).values());
  sum.finish(pieces);
  return sums;
}

// As SumOfParts adds up one gradient.
Tensor expected(int step, std::size_t number) {
  const auto self = alone();
  SumOfParts sum(*self, kParts);
  for (int part = 0; part < kParts; ++part) sum.add({gradient(step, part, number).values()});
  sum.add_up();
  Tensor values({kSizes[number]});
  sum.take({values.values()});
  return values;
}

void expect_sums(Communicator& ranks) {
  SumOfGradients sum(ranks, kParts, kFloats, 1);
  for (int step = 0; step < 2; ++step) {
    const std::vector<Tensor> sums = sums_of_step(sum, parts_of_rank(ranks, kParts), step);
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
      EXPECT_TRUE(std::ranges::equal(sums[i].values(), expected(step, i).values()))
          << "gradient " << i << " of step " << step << " by " << ranks.size() << " ranks";
    }
  }
}

TEST(SumOfGradients, IsThatOfEachByItself) {
  for (const int count : {1, 2, 3, 5}) {
    on_ranks(count, [](Communicator& ranks) { expect_sums(ranks); });
  }
}

TEST(SumOfGradients, IsTheSameWithoutASecondThread) {
  on_ranks(3, [](Communicator& ranks) {
    ForwardingRanks one(ranks);
    expect_sums(one);
  });
}

TEST(Background, DoesTasksInOrderAndThrowsWhatTheyDid) {
  std::vector<int> done;
  Background background;
  for (int i = 0; i < 3; ++i) background.add([&done, i] { done.push_back(i); });
  background.wait();
  EXPECT_THAT(done, testing::ElementsAre(0, 1, 2));
  background.add([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    throw std::runtime_error("lost");
  });
  background.add([&done] { done.push_back(3); });
  EXPECT_THROW(background.wait(), std::runtime_error);
  background.wait();
  EXPECT_EQ(done.size(), 3U) << "what comes behind an error is left out";
}

// Others may never come.
TEST(Background, IsLeftToItselfWhereATaskWaits) {
  auto gate = std::make_shared<std::promise<void>>();
  auto left = std::make_shared<std::promise<void>>();
  std::future<void> has_left = left->get_future();
  {
    Background background;
    background.add([gate, left] {
      gate->get_future().wait();
      left->set_value();
    });
  }
  gate->set_value();
  has_left.wait();
}

}  // namespace
}  // namespace alexnet::test
