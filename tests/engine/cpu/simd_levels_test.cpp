// The cpu engine on every instruction set that this processor runs, against the reference.
#include <alexnet/engine.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "support/simd_levels.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using cpu::SimdLevel;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tolerances::kRelative;
using tolerances::relative_error;

constexpr int kBatch = 3;

class SimdLevels : public cpu::EachSimdLevel {};

Tensor random_images(const Architecture& net, int count = kBatch) {
  Tensor images({count, net.in_channels, net.height, net.width});
  fill_uniform(images.values(), {.seed = 3}, -1.0F, 1.0F);
  return images;
}

std::string implementation(const Plan& plan, std::string_view name) {
  const auto layers = plan.layers();
  const auto found = std::ranges::find(layers, name, &LayerPlan::layer);
  return found == layers.end() ? "no such layer" : found->implementation;
}

TEST_P(SimdLevels, Inference) {
  const NetworkOptions small{.in_channels = 1, .classes = 10, .image_size = 97};
  for (const Architecture& net : {make_alexnet(small), make_network("alexnet-2012", small)}) {
    const auto parameters =
        std::make_shared<const Parameters>(initialize(net, Initializer::pytorch, 1));
    const Tensor images = random_images(net);
    const auto slow = compile(net, parameters, {{.engine = "reference", .max_batch = kBatch}});
    const auto fast = compile(net, parameters, {{.engine = "cpu", .max_batch = kBatch}});
    const Outputs expected = slow->run(Images(images));
    const Outputs got = fast->run(Images(images));
    EXPECT_LT(relative_error(got.logits.values, expected.logits.values), kRelative) << net.name;
  }
}

// No ReLU: where one is nearly zero, two right gradients differ.
TEST_P(SimdLevels, Gradients) {
  const Architecture net{
      .name = "chain",
      .in_channels = 3,
      .height = 43,
      .width = 39,
      .layers = {Conv{.out_channels = 40, .kernel = 11, .stride = 4},
                 Conv{.out_channels = 36, .kernel = 5, .padding = 2, .groups = 2},
                 LocalResponseNorm{}, Conv{.out_channels = 50, .kernel = 3, .padding = 1},
                 Flatten{}, Dropout{0.5F}, Linear{5}, LogSoftmax{}}};
  const auto start = [&](const char* name) {
    return compile_training(net, initialize(net, Initializer::he, 1),
                            {{.engine = name, .max_batch = kBatch}});
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

TEST_P(SimdLevels, NarrowWeightsStayNear) {
  const Architecture net = make_alexnet({.in_channels = 1, .classes = 10, .image_size = 97});
  const auto parameters = std::make_shared<const Parameters>(initialize(net, Initializer::he, 1));
  const Tensor images = random_images(net);
  const auto logits = [&](Precision precision, int threads) {
    const auto plan = compile(
        net, parameters, {{.engine = "cpu", .max_batch = kBatch, .threads = threads}, precision});
    const Outputs outputs = plan->run(Images(images));
    return std::vector<float>(outputs.logits.values.begin(), outputs.logits.values.end());
  };
  const std::vector<float> exact = logits(Precision::fp32, 1);
  const std::vector<float> halves = logits(Precision::fp16, 1);
  const std::vector<float> bfloats = logits(Precision::bf16, 1);
  const std::vector<float> bytes = logits(Precision::int8, 1);
  EXPECT_LT(relative_error(halves, exact), 1e-2);
  EXPECT_GT(relative_error(halves, exact), 1e-6) << "these cannot be halves";
  EXPECT_LT(relative_error(bfloats, exact), 2e-2);
  EXPECT_GT(relative_error(bfloats, exact), relative_error(halves, exact));
  EXPECT_LT(relative_error(bytes, exact), 1e-1);
  EXPECT_GT(relative_error(bytes, exact), relative_error(halves, exact));
  // Three images: divided among three threads; shared, each, by two.
  for (const int threads : {2, 3}) {
    EXPECT_EQ(logits(Precision::fp16, threads), halves) << threads << " threads, other bits";
    EXPECT_EQ(logits(Precision::bf16, threads), bfloats) << threads << " threads, other bits";
    EXPECT_EQ(logits(Precision::int8, threads), bytes) << threads << " threads, other bits";
  }
}

// Plans for a single image and for several store the weights of wide layers in different ways.
TEST_P(SimdLevels, NarrowWeightsOfASingleImageAreColumns) {
  const Architecture net = make_alexnet({.in_channels = 1, .classes = 10, .image_size = 97});
  const auto parameters = std::make_shared<const Parameters>(initialize(net, Initializer::he, 1));
  const Tensor images = random_images(net);
  const std::size_t size = images.values().size() / kBatch;
  for (const Precision precision : {Precision::fp16, Precision::bf16, Precision::int8}) {
    const auto compile = [&](int max_batch) {
      return alexnet::compile(net, parameters,
                              {{.engine = "cpu", .max_batch = max_batch, .threads = 2}, precision});
    };
    const auto several = compile(kBatch);
    const auto single = compile(1);
    const bool bytes = precision == Precision::int8;
    const bool tiles = precision != Precision::fp16 &&
                       cpu::isa() >= (bytes ? cpu::Isa::avx512_vnni : cpu::Isa::avx512_bf16);
    EXPECT_THAT(implementation(*several, "classifier.4 Linear"),
                HasSubstr(tiles ? "tiles of" : "dot products"));
    EXPECT_THAT(implementation(*single, "classifier.4 Linear"), HasSubstr("columns"));
    EXPECT_THAT(implementation(*single, "classifier.1 Linear"),
                AllOf(HasSubstr("folded"), HasSubstr("columns")));
    const bool amx = tiles && cpu::isa() == cpu::Isa::amx;
    EXPECT_THAT(implementation(*single, "classifier.6 Linear"),
                HasSubstr(amx ? "tiles of" : "dot products"));

    // Tiles round the images too (tiles_in_plans_test.cpp).
    const double tolerance = tiles ? (bytes ? 4e-2 : 1e-2) : (bytes ? 1e-3 : 1e-5);
    const Outputs expected = several->run(Images(images));
    for (std::size_t i = 0; i < kBatch; ++i) {
      Tensor image({1, net.in_channels, net.height, net.width});
      std::ranges::copy(images.values().subspan(i * size, size), image.values().begin());
      const Outputs got = single->run(Images(image));
      EXPECT_LT(relative_error(got.logits.values, expected.logits.values.subspan(10 * i, 10)),
                tolerance)
          << to_string(precision) << ", image " << i;
    }
  }
}

// What is not a number must be seen, or a diverged training would look like a poor one.
TEST_P(SimdLevels, NanReachesTheLoss) {
  if (GetParam() == SimdLevel::none) GTEST_SKIP() << "oneDNN's ReLU makes NaN 0";
  const Architecture net = make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64});
  for (const int count : {kBatch, 16}) {  // from 16 images on zeros are left out
    const auto plan = compile_training(net, initialize(net, Initializer::he, 1),
                                       {{.engine = "cpu", .max_batch = count}});
    plan->edit_parameters([](Parameters& parameters) {
      std::ranges::fill(parameters.at("features.3.weight").values(), std::nanf(""));
    });
    const Tensor images = random_images(net, count);
    const std::vector<std::int32_t> labels(static_cast<std::size_t>(count), 4);
    EXPECT_TRUE(std::isnan(plan->compute_gradients(Images(images), labels, 1).loss)) << count;
  }
}

// The tests above would pass, slowly, if the kernels declined.
TEST_P(SimdLevels, KernelsAreChosen) {
  const Architecture net = make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64});
  const auto plan =
      compile(net, std::make_shared<const Parameters>(initialize(net, Initializer::he, 1)),
              {{.engine = "cpu", .max_batch = kBatch}});
  for (const LayerPlan& layer : plan->layers()) {
    const bool conv = layer.layer.ends_with("Conv");
    if (!conv && !layer.layer.ends_with("Linear")) continue;
    const std::string expected = GetParam() == SimdLevel::none ? "oneDNN"
                                 : conv                        ? "Winograd"
                                                               : "dot products";
    EXPECT_NE(layer.implementation.find(expected), std::string::npos)
        << layer.layer << ": " << layer.implementation;
    if (layer.layer == "classifier.1 Linear") {
      EXPECT_TRUE(layer.implementation.starts_with("folded")) << layer.implementation;
    }
  }
}

// A row declines for want of its instruction set, and says so; the next of the list takes over.
TEST_P(SimdLevels, ImplementationsDeclineWithoutTheirInstructionSet) {
  const Architecture net = make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64});
  const auto declined = [&](Precision precision) {
    const auto plan =
        compile(net, std::make_shared<const Parameters>(initialize(net, Initializer::he, 1)),
                {{.engine = "cpu", .max_batch = kBatch}, precision});
    const auto layers = plan->layers();
    return std::ranges::find(layers, "features.3 Conv", &LayerPlan::layer)->declined;
  };
  const std::string tiles = "direct, tiles: " + missing(cpu::Isa::amx);
  const std::string bytes = "direct, bytes: " + missing(cpu::Isa::avx512_vnni);
  const std::string winograd = "Winograd: " + missing(cpu::Isa::vectors);
  if (GetParam() == SimdLevel::none) {
    EXPECT_THAT(declined(Precision::fp32), ElementsAre(winograd));
    EXPECT_THAT(declined(Precision::int8), ElementsAre(tiles, bytes, winograd));
  } else {
    EXPECT_THAT(declined(Precision::fp32), IsEmpty());
    std::vector<std::string> expected;
    if (cpu::isa() < cpu::Isa::amx) expected.push_back(tiles);
    EXPECT_EQ(declined(Precision::bf16), expected);
    if (cpu::isa() < cpu::Isa::avx512_vnni) expected.push_back(bytes);
    EXPECT_EQ(declined(Precision::int8), expected);
  }
}

ALEXNET_ON_EACH_SIMD_LEVEL(SimdLevels);

}  // namespace
}  // namespace alexnet
