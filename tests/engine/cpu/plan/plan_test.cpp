// What plans of the cpu engine promise beyond those of every engine.
#include <alexnet/engine.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/tiny_network.h"
#include "support/process_threads.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using testing::HasSubstr;

// Of the layers whose weights stay fp32.
std::vector<std::string> wider(const Plan& plan) {
  std::vector<std::string> layers;
  for (const LayerPlan& layer : plan.layers()) {
    if (!layer.why_fp32.empty()) layers.push_back(layer.layer);
  }
  return layers;
}

TEST(CpuPrecision, WeightsBeyondHalvesStayFp32) {
  for (const Precision precision : {Precision::fp16, Precision::bf16, Precision::int8}) {
    Parameters parameters = tiny_parameters()->clone();
    for (const float largest : {65'000.0F, 1e6F}) {
      parameters.at("classifier.1.weight")[7] = largest;
      const auto shared = std::make_shared<const Parameters>(parameters.clone());
      Tensor images({1, 3, 12, 10});
      fill_uniform(images.values(), {.seed = 5}, -1.0F, 1.0F);
      const auto plan = compile(tiny(), shared, {{}, precision});
      const auto exact = compile(tiny(), shared);
      const Tensor logits = plan->run(Images(images)).logits.clone();
      EXPECT_LT(
          tolerances::relative_error(logits.values(), exact->run(Images(images)).logits.values),
          0.02)
          << to_string(precision) << largest;
      if (precision == Precision::fp16 && largest > 65'504.0F) {
        EXPECT_THAT(wider(*plan), testing::ElementsAre("classifier.1 Linear"));
      } else {
        EXPECT_THAT(wider(*plan), testing::IsEmpty());
      }
    }
  }
}

// Halves have no digits left there.
TEST(CpuPrecision, WeightsBelowHalvesStayFp32) {
  Parameters parameters = tiny_parameters()->clone();
  for (float& value : parameters.at("classifier.1.weight").values()) value *= 1e-5F;
  const auto plan = compile(tiny(), std::make_shared<const Parameters>(std::move(parameters)),
                            {{}, Precision::fp16});
  EXPECT_THAT(wider(*plan), testing::ElementsAre("classifier.1 Linear"));
}

// The range of bf16 is that of the weights.
TEST(CpuPrecision, WeightsOfAnySizeFitBf16) {
  for (const float factor : {1e-30F, 1e15F}) {
    Parameters parameters = tiny_parameters()->clone();
    for (float& value : parameters.at("classifier.1.weight").values()) value *= factor;
    const auto shared = std::make_shared<const Parameters>(std::move(parameters));
    Tensor images({1, 3, 12, 10});
    fill_uniform(images.values(), {.seed = 5}, -1.0F, 1.0F);
    const auto plan = compile(tiny(), shared, {{}, Precision::bf16});
    const auto exact = compile(tiny(), shared);
    EXPECT_THAT(wider(*plan), testing::IsEmpty()) << factor;
    const Tensor logits = plan->run(Images(images)).logits.clone();
    EXPECT_LT(tolerances::relative_error(logits.values(), exact->run(Images(images)).logits.values),
              0.02)
        << factor;
  }
}

// Packed weights take the place of those that were given.
TEST(CpuPrecision, NarrowPlansKeepNoOthersWeights) {
  for (const Precision precision : {Precision::fp16, Precision::bf16, Precision::int8}) {
    const auto parameters = tiny_parameters();
    const auto plan = compile(tiny(), parameters, {{}, precision});
    EXPECT_EQ(parameters.use_count(), 1) << to_string(precision);
  }
  const auto parameters = tiny_parameters();
  const auto plan = compile(tiny(), parameters);
  EXPECT_GT(parameters.use_count(), 1);
}

// The pool copies one pixel to 36, whose weights are added up.
TEST(CpuPrecision, WeightsThatAFoldedPoolAddsUpStayFp32) {
  const Architecture net{.name = "folded",
                         .in_channels = 1,
                         .height = 1,
                         .width = 1,
                         .layers = {Conv{.out_channels = 2, .kernel = 1}, AdaptiveAvgPool{},
                                    Flatten{}, Linear{3}, LogSoftmax{}}};
  Parameters parameters = initialize(net, Initializer::pytorch, 2);
  std::ranges::fill(parameters.at("classifier.0.weight").values(), 10'000.0F);
  const auto plan = compile(net, std::make_shared<const Parameters>(std::move(parameters)),
                            {{}, Precision::fp16});
  EXPECT_THAT(wider(*plan), testing::ElementsAre("classifier.0 Linear"));
  const std::vector<std::uint8_t> pixel{200};
  const auto images =
      Images::from_bytes(pixel, {.count = 1, .channels = 1, .height = 1, .width = 1});
  for (const float logit : plan->run(images).logits.values) EXPECT_TRUE(std::isfinite(logit));
}

// Two pools would wait for processors on which the other's threads wait awake. A thread that has
// computed nothing yet has neither.
TEST(CpuPlan, WithALayerOfOneDnnsHasNoSecondPool) {
  Architecture net = tiny();
  net.layers[0] = Conv{.out_channels = 8, .kernel = 7, .padding = 3};
  const Tensor images({2, net.in_channels, net.height, net.width});
  std::thread([&] {
    const auto before = test::process_threads();
    const auto plan = compile(net, std::make_shared<const Parameters>(net),
                              {{.engine = "cpu", .max_batch = 2, .threads = 3}});
    plan->run(Images(images));
    EXPECT_THAT(plan->layers()[0].implementation, HasSubstr("oneDNN"));
    EXPECT_LE(test::process_threads() - before, 2);
  }).join();
}

// Where all threads share each step they share what passes between the steps as well.
TEST(CpuPlan, TakesFewerImagesThanThreads) {
  for (const int most : {1, 2, 3, 5, 7}) {
    const Tensor images = random_normal({most, 3, 12, 10}, 1);
    const auto run = [&](int threads) {
      const auto plan = compile(tiny(), tiny_parameters(),
                                {{.engine = "cpu", .max_batch = most, .threads = threads}});
      return plan->run(Images(images)).logits.clone();
    };
    EXPECT_LT(tolerances::relative_error(run(8).values(), run(1).values()), tolerances::kRelative)
        << most;
  }
}

}  // namespace
}  // namespace alexnet
