// What the machine can do, and what a plan says its layers amount to.
#include <alexnet/error.h>
#include <alexnet/machine.h>
#include <gmock/gmock.h>

#include <numeric>

#include "core/memory.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/simd/limits.h"
#include "support/tile_units.h"

namespace alexnet::cpu {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class LimitKernels : public EachSimdLevel {};

TEST_P(LimitKernels, EveryCountedMultiplyAddIsDone) {
  constexpr std::size_t kRounds = 100;
  float result = 0;
  const double count = simd::multiply_add(kRounds, result);
  // x / 2 + 1, again and again, ends at 2.
  EXPECT_FLOAT_EQ(result, static_cast<float>(2 * count / kRounds));
}

TEST_P(LimitKernels, EveryFloatIsRead) {
  constexpr std::size_t kCount = 1024;
  Buffer<float> values(kCount);
  std::iota(values.data(), values.data() + kCount, 0.0F);
  EXPECT_FLOAT_EQ(simd::read(values.data(), kCount), 1023.0F * 512.0F);
}

ALEXNET_ON_EACH_SIMD_LEVEL(LimitKernels);

TEST(Machine, LimitsAreThoseOfARealMachine) {
  const MachineLimits limits = measure_limits(1);
  EXPECT_EQ(limits.threads, 1);
  EXPECT_EQ(limits.simd, to_string(simd_level()));
  EXPECT_GT(limits.flops_per_second, 1e7);
  EXPECT_LT(limits.flops_per_second, 1e13);
  EXPECT_GT(limits.bytes_per_second, 1e7);
  EXPECT_LT(limits.bytes_per_second, 1e13);
  EXPECT_EQ(limits.bf16_flops_per_second > 0, isa() >= Isa::avx512_bf16);
  EXPECT_EQ(limits.int8_flops_per_second > 0, isa() >= Isa::avx512_vnni);
  EXPECT_GT(limits.l2_bytes_per_second, 1e7);
  EXPECT_LT(limits.l2_bytes_per_second, 1e14);
  const Caches& caches = processor().caches;
  EXPECT_EQ(limits.l3_bytes_per_second > 0, caches.l3 >= 2 * caches.l2);
}

TEST(Machine, WhatTakesLongestLimits) {
  MachineLimits limits{.flops_per_second = 1000,
                       .l2_bytes_per_second = 400,
                       .l3_bytes_per_second = 200,
                       .bytes_per_second = 100};
  const auto expect_limit = [&](const CacheTraffic& traffic, int batch, double seconds,
                                Resource resource) {
    const LeastTime least = least_time({.computed = 500, .traffic = traffic}, batch, limits);
    EXPECT_DOUBLE_EQ(least.seconds, seconds);
    EXPECT_EQ(to_string(least.resource), to_string(resource));
  };
  expect_limit({.l2 = 400, .l3 = 200, .memory = 100}, 1, 1, Resource::arithmetic);
  expect_limit({.l2 = 1200, .l3 = 200, .memory = 100}, 1, 3, Resource::l2);
  expect_limit({.l2 = 800, .l3 = 800, .memory = 100}, 1, 4, Resource::l3);
  expect_limit({.l2 = 500, .l3 = 500, .memory = 500}, 1, 5, Resource::memory);
  expect_limit({.l2 = 500, .l3 = 500, .memory = 500}, 6, 6, Resource::arithmetic);
  limits.l3_bytes_per_second = 0;  // not known
  expect_limit({.l2 = 800, .l3 = 800, .memory = 100}, 1, 2, Resource::l2);
}

TEST(Machine, ProductsHaveLimitsOfTheirOwn) {
  const LayerWork work{.computed = 600, .computed_in_bf16 = 200, .computed_in_int8 = 300};
  const MachineLimits all{
      .flops_per_second = 100, .bf16_flops_per_second = 200, .int8_flops_per_second = 400};
  EXPECT_DOUBLE_EQ(least_arithmetic_seconds(work, 3, all), 3 * (2.0 + 2.0 + 1.5));
  EXPECT_DOUBLE_EQ(least_time(work, 3, all).seconds, 3 * 5.5);
  EXPECT_DOUBLE_EQ(least_arithmetic_seconds(work, 1, {.flops_per_second = 100}), 12);
}

// (8, 12, 12) to (16, 12, 12) to (10,)
Architecture small_net() {
  return {.name = "small",
          .in_channels = 8,
          .height = 12,
          .width = 12,
          .layers = {Conv{.out_channels = 16, .kernel = 3, .padding = 1}, Relu{}, Flatten{},
                     Linear{10}, LogSoftmax{}}};
}

constexpr std::int64_t kConvProducts = 16 * 8 * 9 * 144;
constexpr std::int64_t kConvActivations = 4 * (8 + 16) * 144;
constexpr std::int64_t kInputs = 16 * 144;  // of the linear layer

std::vector<LayerPlan> layers_at(Precision precision) {
  return compile(small_net(), std::make_shared<const Parameters>(small_net()), {{}, precision})
      ->layers();
}

TEST(WorkOfLayers, OfAConvolution) {
  const LayerWork work = layers_at(Precision::fp32).front().forward;
  EXPECT_EQ(work.multiply_adds, kConvProducts);
  EXPECT_EQ(work.activation_bytes, kConvActivations);
  if (layers_at(Precision::fp32).front().implementation != "Winograd") {
    GTEST_SKIP() << "no SIMD here that Winograd needs";
  }
  EXPECT_LT(work.computed, work.multiply_adds / 2);
  EXPECT_GT(work.weight_bytes, 4 * 16 * 8 * 9);  // more frequencies than taps
  EXPECT_EQ(2 * layers_at(Precision::fp16).front().forward.weight_bytes, work.weight_bytes);
}

TEST(WorkOfLayers, OfALinearLayerFollowsThePrecision) {
  const WithoutAmx without_amx;
  const auto bytes = [](Precision precision) {
    return layers_at(precision)[3].forward.weight_bytes;
  };
  EXPECT_EQ(layers_at(Precision::fp32)[3].forward.computed, 10 * kInputs);
  EXPECT_EQ(bytes(Precision::fp32), 40 * kInputs + 40);
  EXPECT_EQ(bytes(Precision::fp16), 20 * kInputs + 40);
  EXPECT_EQ(bytes(Precision::bf16), 20 * kInputs + 40);
  EXPECT_EQ(bytes(Precision::int8), 10 * kInputs + 80);
}

// A 2x2 map copied up to 6x6: the linear layer reads each pixel once.
TEST(WorkOfLayers, OfALinearLayerFoldedWithItsPool) {
  const Architecture net{.name = "folded",
                         .in_channels = 8,
                         .height = 2,
                         .width = 2,
                         .layers = {Conv{.out_channels = 8, .kernel = 1}, AdaptiveAvgPool{},
                                    Flatten{}, Linear{10}, LogSoftmax{}}};
  const auto work = [&](Precision precision) {
    const auto parameters = std::make_shared<const Parameters>(net);
    return compile(net, parameters, {{}, precision})->layers()[3].forward;
  };
  EXPECT_EQ(work(Precision::fp32).multiply_adds, 10 * 8 * 36);
  EXPECT_EQ(work(Precision::fp32).computed, 10 * 8 * 4);
  EXPECT_EQ(work(Precision::fp32).weight_bytes, 4 * (10 * 8 * 4 + 10));
  EXPECT_EQ(work(Precision::int8).weight_bytes, 10 * 8 * 4 + 2 * 4 * 10);
  const auto training = compile_training(net, Parameters(net))->layers();
  EXPECT_EQ(training[3].backward.multiply_adds, 2 * training[3].forward.multiply_adds);
  EXPECT_EQ(training[3].backward.computed, 2 * training[3].forward.computed);
  EXPECT_EQ(training[1].backward.activation_bytes, 0);  // gradients pass the pool by
}

// Maps of 512 KiB, which lie in no first level of cache.
TEST(WorkOfLayers, MovesLargeMapsThroughTheSecondLevel) {
  const Architecture net{.name = "large maps",
                         .in_channels = 32,
                         .height = 64,
                         .width = 64,
                         .layers = {Conv{.out_channels = 32, .kernel = 3, .padding = 1}, Relu{},
                                    Flatten{}, Linear{10}, LogSoftmax{}}};
  const auto plan = compile(net, std::make_shared<const Parameters>(net), {{.threads = 1}});
  for (const LayerPlan& layer : plan->layers()) {
    if (layer.forward.computed == 0) continue;
    const LayerWork& work = layer.forward;
    EXPECT_GE(work.traffic.l2, work.weight_bytes + work.activation_bytes) << layer.layer;
    EXPECT_GE(work.traffic.l2, work.traffic.l3) << layer.layer;
    EXPECT_GE(work.traffic.l3, work.traffic.memory) << layer.layer;
  }
}

TEST(WorkOfLayers, OfTraining) {
  const auto layers = compile_training(small_net(), Parameters(small_net()))->layers();
  const LayerWork& first = layers[0].backward;  // no gradient of the images
  EXPECT_EQ(first.multiply_adds, kConvProducts);
  EXPECT_EQ(first.activation_bytes, kConvActivations);
  const LayerWork& linear = layers[3].backward;
  EXPECT_EQ(linear.multiply_adds, 2 * 10 * kInputs);
  EXPECT_EQ(linear.weight_bytes, 2 * 4 * (10 * kInputs + 10));
  EXPECT_EQ(linear.activation_bytes, 2 * 4 * (kInputs + 10));
  EXPECT_EQ(linear.traffic.memory, linear.weight_bytes + linear.activation_bytes);
}

TEST(WorkOfLayers, AddsUp) {
  LayerWork sum{1, 2, 3, 4, {5, 6, 7}, 8, 9};
  sum += {10, 20, 30, 40, {50, 60, 70}, 80, 90};
  EXPECT_EQ(sum.multiply_adds, 11);
  EXPECT_EQ(sum.computed, 22);
  EXPECT_EQ(sum.weight_bytes, 33);
  EXPECT_EQ(sum.activation_bytes, 44);
  EXPECT_EQ(sum.traffic.l2, 55);
  EXPECT_EQ(sum.traffic.l3, 66);
  EXPECT_EQ(sum.traffic.memory, 77);
  EXPECT_EQ(sum.computed_in_bf16, 88);
  EXPECT_EQ(sum.computed_in_int8, 99);
}

TEST(PrecisionNames, HasNames) {
  for (const auto* name : {"fp32", "fp16", "bf16", "int8"})
    EXPECT_EQ(to_string(parse<Precision>(name)), name);
  EXPECT_THAT([] { parse<Precision>("fp8"); },
              ThrowsMessage<Error>(HasSubstr("fp32, fp16, bf16, int8")));
}

TEST(PrecisionNames, TheReferenceEngineHasNoChoice) {
  EXPECT_THAT(
      [] {
        compile(small_net(), std::make_shared<const Parameters>(small_net()),
                {{.engine = "reference"}, Precision::int8});
      },
      ThrowsMessage<Error>(HasSubstr("the reference engine keeps its weights as fp32, not int8")));
}

}  // namespace
}  // namespace alexnet::cpu
