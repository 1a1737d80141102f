// The cpu engine on every instruction set that this processor runs, against the reference.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gtest/gtest.h>

#include "engine/cpu/simd/target.h"
#include "tolerances.h"

namespace alexnet {
namespace {

using cpu::simd::set_target;
using cpu::simd::targets;
using tolerances::kRelative;
using tolerances::relative_error;

constexpr int kBatch = 3;

class SimdTargets : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { set_target(GetParam()); }
  void TearDown() override { set_target(""); }
};

Tensor random_images(const Architecture& net) {
  Tensor images({kBatch, net.in_channels, net.height, net.width});
  fill_uniform(images.values(), {.seed = 3}, -1.0F, 1.0F);
  return images;
}

TEST_P(SimdTargets, Inference) {
  const NetworkOptions small{.in_channels = 1, .classes = 10, .image_size = 97};
  for (const Architecture& net : {alexnet(small), network("alexnet-2012", small)}) {
    const auto parameters =
        std::make_shared<const Parameters>(initialize(net, Initializer::pytorch, 1));
    const Tensor images = random_images(net);
    const PlanOptions options{.max_batch = kBatch};
    const auto slow = engine("reference").compile(net, parameters, options);
    const auto fast = engine("cpu").compile(net, parameters, options);
    const Outputs expected = slow->run(Images(images));
    const Outputs got = fast->run(Images(images));
    EXPECT_LT(relative_error(got.logits.values, expected.logits.values), kRelative) << net.name;
  }
}

// No ReLU: where one is nearly zero, two right gradients differ.
TEST_P(SimdTargets, Gradients) {
  const Architecture net{
      .name = "chain",
      .in_channels = 3,
      .height = 43,
      .width = 39,
      .layers = {Conv{.out_channels = 40, .kernel = 11, .stride = 4},
                 Conv{.out_channels = 36, .kernel = 5, .padding = 2, .groups = 2},
                 LocalResponseNorm{}, Conv{.out_channels = 50, .kernel = 3, .padding = 1},
                 Flatten{}, Dropout{0.5F}, Linear{5}, LogSoftmax{}}};
  const auto start = [&](std::string_view name) {
    return engine(name).compile_training(net, initialize(net, Initializer::he, 1),
                                         {{.max_batch = kBatch}});
  };
  const auto slow = start("reference");
  const auto fast = start("cpu");
  const Tensor images = random_images(net);
  const std::vector<std::int32_t> labels{0, 4, 2};
  slow->compute_gradients(Images(images), labels, 1);
  fast->compute_gradients(Images(images), labels, 1);
  for (const NamedTensor& entry : slow->gradients()) {
    EXPECT_LT(relative_error(fast->gradients().at(entry.name).values(), entry.tensor.values()),
              kRelative)
        << entry.name;
  }
}

std::string target_name(const testing::TestParamInfo<std::string>& test) {
  return test.param;
}
INSTANTIATE_TEST_SUITE_P(All, SimdTargets, testing::ValuesIn(targets()), target_name);

TEST(SimdTarget, UnknownNameIsRefused) {
  EXPECT_THROW(set_target("avx1024"), Error);
}

}  // namespace
}  // namespace alexnet
