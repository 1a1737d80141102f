// Plans that compare pairs of images: the cpu engine against the reference, and what they refuse.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/tolerances.h"

namespace alexnet::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Channels that fill no vector, and a first layer that is no block of pixels.
Architecture small_trunk() {
  return {.name = "small trunk",
          .in_channels = 2,
          .height = 21,
          .width = 17,
          .layers = {Conv{.out_channels = 7, .kernel = 3, .stride = 2, .padding = 1}, Relu{},
                     MaxPool{}, Conv{.out_channels = 19, .kernel = 3, .padding = 1}, Relu{}}};
}

DistanceOptions options_for(const char* engine, Epsilon epsilon, int max_batch) {
  DistanceOptions options;
  options.engine = engine;
  options.threads = 2;
  options.max_batch = max_batch;
  options.epsilon = epsilon;
  options.gradient = true;
  options.taps = {{"features.0", std::vector<float>(7, 0.5F)}, {"features.3", {}}};
  for (int c = 0; c < 19; ++c) {
    options.taps.back().weights.push_back(0.1F * static_cast<float>(c));
  }
  return options;
}

std::shared_ptr<const Parameters> parameters() {
  return std::make_shared<const Parameters>(initialize(small_trunk(), Initializer::pytorch, 3));
}

Tensor pictures(int count) {
  Tensor images({count, 2, 21, 17});
  fill_uniform(images.values(), {.seed = 5}, -1.0F, 1.0F);
  return images;
}

class CpuDistancePlans : public testing::TestWithParam<Epsilon> {};

TEST_P(CpuDistancePlans, AreAsTheReference) {
  const auto weights = parameters();
  const auto cpu = compile_distance(small_trunk(), weights, options_for("cpu", GetParam(), 22));
  const auto reference =
      compile_distance(small_trunk(), weights, options_for("reference", GetParam(), 22));
  for (const int count : {2, 10, 22}) {
    SCOPED_TRACE(count);
    const Tensor images = pictures(count);
    const auto got = cpu->run(Images(images));
    const auto expected = reference->run(Images(images));
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].shape, (Shape{count / 2, 11, 9}));
    EXPECT_EQ(got[1].shape, (Shape{count / 2, 5, 4}));
    for (std::size_t tap = 0; tap < 2; ++tap) {
      EXPECT_EQ(got[tap].shape, expected[tap].shape);
      EXPECT_LT(tolerances::relative_error(got[tap].values, expected[tap].values), 1e-5);
    }
    const Tensor gradient = cpu->gradient();
    EXPECT_EQ(gradient.shape(), (Shape{count / 2, 2, 21, 17}));
    EXPECT_LT(tolerances::relative_error(gradient.values(), reference->gradient().values()), 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Small, CpuDistancePlans,
                         testing::Values(Epsilon::lpips, Epsilon::torchmetrics),
                         [](const auto& one) { return std::string(to_string(one.param)); });

TEST(DistancePlan, RefusesWhatIsNoPair) {
  const auto plan =
      compile_distance(small_trunk(), parameters(), options_for("cpu", Epsilon::lpips, 4));
  EXPECT_THAT([&] { plan->run(Images(pictures(3))); },
              ThrowsMessage<Error>(HasSubstr("3 images are not pairs")));
  EXPECT_THAT([&] { plan->gradient(); }, ThrowsMessage<Error>(HasSubstr("before its first run")));
  EXPECT_THAT(
      [] { compile_distance(small_trunk(), parameters(), options_for("cpu", Epsilon::lpips, 3)); },
      ThrowsMessage<Error>(HasSubstr("use an even number")));
}

TEST(DistancePlan, RefusesTapsThatFitNoLayer) {
  for (const char* engine : {"cpu", "reference"}) {
    DistanceOptions options = options_for(engine, Epsilon::lpips, 2);
    options.taps.back().weights.pop_back();
    EXPECT_THAT([&] { compile_distance(small_trunk(), parameters(), options); },
                ThrowsMessage<Error>(HasSubstr("18 weights do not fit the layer 'features.3'")));
    options.taps.back().layer = "features.5";
    EXPECT_THAT([&] { compile_distance(small_trunk(), parameters(), options); },
                ThrowsMessage<Error>(HasSubstr("has no layer 'features.5'")));
    options.taps.clear();
    EXPECT_THAT([&] { compile_distance(small_trunk(), parameters(), options); },
                ThrowsMessage<Error>(HasSubstr("needs layers")));
  }
}

TEST(DistancePlan, RefusesTapsOutOfOrder) {
  for (const char* engine : {"cpu", "reference"}) {
    DistanceOptions options = options_for(engine, Epsilon::lpips, 2);
    std::swap(options.taps.front(), options.taps.back());
    EXPECT_THAT([&] { compile_distance(small_trunk(), parameters(), options); },
                ThrowsMessage<Error>(HasSubstr("'features.0' of a distance does not come after")));
    options.taps.front() = options.taps.back();
    EXPECT_THAT([&] { compile_distance(small_trunk(), parameters(), options); },
                ThrowsMessage<Error>(HasSubstr("give each once")));
  }
}

}  // namespace
}  // namespace alexnet::test
