// What the steps of a plan move through the caches, worked out by hand.
#include "engine/cpu/plan/cache_traffic.h"

#include <gtest/gtest.h>

namespace alexnet::cpu {
namespace {

class SomeStep : public Step {
 public:
  explicit SomeStep(std::vector<Stream> streams) : streams_(std::move(streams)) {}
  std::string implementation() const override { return "some"; }
  Threading forward_threading() const override { return Threading::by_image; }
  std::vector<Stream> streams(int /*images*/, int /*team_size*/) const override { return streams_; }
  void forward(const Work& /*work*/) override {}
  void backward(const Work& /*work*/) override {}

 private:
  std::vector<Stream> streams_;
};

/// Four steps, a layer each: the images' loading, one with 4,000 bytes of weights, one without, and
/// one with 40,000. Values of 400, 200, 80 and 40 bytes an image.
class FourSteps : public testing::Test {
 protected:
  FourSteps() {
    flow_.value_sizes = {100, 50, 20, 10};
    flow_.layers.resize(4);
    flow_.layers[1].forward.weight_bytes = 4000;
    flow_.layers[3].forward.weight_bytes = 40'000;
    add(0, 0, "");
    add(0, 1, "conv", {{7, {.own = 1000}}});
    add(1, 2, "");
    add(2, 3, "linear");
  }

  // Two threads, 16 images: each takes 4 at a time through the first three steps, then both share
  // the last.
  void describe(std::size_t l3) {
    const std::vector<Calls> calls{
        {.begin = 0, .end = 3, .teams = 2, .team_size = 1, .rounds = 2, .images = 4},
        {.begin = 3, .end = 4, .teams = 1, .team_size = 2, .rounds = 1, .images = 16}};
    describe_traffic(flow_, calls, {false, false, true, true}, {.l1d = 100, .l2 = 2000, .l3 = l3});
  }

  void expect_traffic(std::size_t layer, const CacheTraffic& expected) const {
    const CacheTraffic& traffic = flow_.layers[layer].forward.traffic;
    EXPECT_EQ(traffic.l2, expected.l2) << layer;
    EXPECT_EQ(traffic.l3, expected.l3) << layer;
    EXPECT_EQ(traffic.memory, expected.memory) << layer;
  }

 private:
  void add(std::size_t input, std::size_t output, std::string parameters,
           std::vector<Stream> streams = {}) {
    flow_.nodes.push_back({.step = std::make_unique<SomeStep>(std::move(streams)),
                           .layer = flow_.nodes.size(),
                           .input = input,
                           .output = output,
                           .parameters = std::move(parameters)});
  }

  Flow flow_;
};

TEST_F(FourSteps, PassTheCaches) {
  describe(6000);
  // A thread moves 6,720 bytes in a round, besides 4,000 of weights that both read: too many for
  // the third level.
  expect_traffic(0, {.l2 = 12'800, .l3 = 12'800, .memory = 12'800});
  // Input and output lie 3,200 bytes back; 4 calls read the weights, memory gives them for 2.
  expect_traffic(1,
                 {.l2 = 6400 + 3200 + 4 * 7 + 16'000, .l3 = 6400 + 3200 + 16'000, .memory = 8000});
  // The output has a place of its own.
  expect_traffic(2, {.l2 = 3200 + 1280, .l3 = 3200 + 1280, .memory = 1280});
  expect_traffic(
      3, {.l2 = 1280 + 640 + 40'000, .l3 = 1280 + 640 + 40'000, .memory = 1280 + 640 + 40'000});
}

TEST_F(FourSteps, FindMoreInALargerThirdLevel) {
  describe(9000);
  expect_traffic(0, {.l2 = 12'800, .l3 = 12'800, .memory = 6400});  // the images themselves
  expect_traffic(1, {.l2 = 25'628, .l3 = 25'600, .memory = 4000});
}

TEST_F(FourSteps, FindEverythingInALargeThirdLevel) {
  describe(100'000);
  for (std::size_t layer = 0; layer < 3; ++layer) {
    SCOPED_TRACE(layer);
    expect_traffic(layer, {.l2 = layer == 0   ? 12'800.0
                                 : layer == 1 ? 25'628.0
                                              : 4480.0,
                           .l3 = layer == 0   ? 12'800.0
                                 : layer == 1 ? 25'600.0
                                              : 4480.0,
                           .memory = 0});
  }
}

}  // namespace
}  // namespace alexnet::cpu
