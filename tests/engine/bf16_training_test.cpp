// Training in bf16, by every engine, without tiles: products of rounded weights, updates of those
// that are not.
#include <alexnet/engine.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/common/bfloat16.h"
#include "support/tile_units.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using testing::HasSubstr;
using tolerances::kRelative;
using tolerances::relative_error;

constexpr int kBatch = 3;

Architecture small() {
  return {
      .name = "small",
      .in_channels = 3,
      .height = 23,
      .width = 19,
      .layers = {Conv{.out_channels = 12, .kernel = 5, .stride = 2, .padding = 2}, Relu{},
                 MaxPool{}, Conv{.out_channels = 10, .kernel = 3, .padding = 1, .groups = 2},
                 Relu{}, Flatten{}, Dropout{0.5F}, Linear{40}, Relu{}, Linear{7}, LogSoftmax{}}};
}

Parameters start() {
  return initialize(small(), Initializer::he, 1);
}

Parameters rounded(const Parameters& parameters) {
  Parameters result = parameters.clone();
  for (NamedTensor& entry : result) {
    if (entry.name.ends_with(".bias")) continue;
    for (float& value : entry.tensor.values()) value = rounded_to_bfloat16(value);
  }
  return result;
}

Tensor images() {
  Tensor images({kBatch, 3, 23, 19});
  fill_uniform(images.values(), {.seed = 3}, -1.0F, 1.0F);
  return images;
}

const std::vector<std::int32_t> kLabels{0, 6, 2};

class Bf16Training : public testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<TrainingPlan> plan(Parameters parameters, TrainingPrecision precision,
                                            const char* engine = GetParam()) {
    TrainingOptions options{{.engine = engine, .max_batch = kBatch, .threads = 2}};
    options.precision = precision;
    return compile_training(small(), std::move(parameters), options);
  }
  static std::vector<float> logits(TrainingPlan& plan) {
    const Tensor batch = images();
    const auto values = plan.run(Images(batch)).logits.values;
    return {values.begin(), values.end()};
  }

  const cpu::WithoutAmx without_amx_;

  static void expect_equal(const Parameters& got, const Parameters& expected) {
    for (const NamedTensor& entry : expected) {
      EXPECT_TRUE(std::ranges::equal(got.at(entry.name).values(), entry.tensor.values()))
          << entry.name;
    }
  }
};

// The gradients of fp32, which are checked against finite differences, at the rounded weights.
TEST_P(Bf16Training, GradientsAreThoseAtTheRoundedWeights) {
  const auto narrow = plan(start(), TrainingPrecision::bf16);
  const auto wide = plan(rounded(start()), TrainingPrecision::fp32);
  const Tensor batch = images();
  const double loss = narrow->compute_gradients(Images(batch), kLabels, 1).loss;
  EXPECT_EQ(loss, wide->compute_gradients(Images(batch), kLabels, 1).loss);
  expect_equal(narrow->gradients(), wide->gradients());
  expect_equal(narrow->parameters(), start());
}

// Steps too small for bf16 add up in the weights that are updated.
TEST_P(Bf16Training, UpdatesKeepAllDigits) {
  const auto narrow = plan(start(), TrainingPrecision::bf16);
  const Tensor batch = images();
  for (std::uint32_t step = 0; step < 3; ++step) {
    const auto wide = plan(rounded(narrow->parameters()), TrainingPrecision::fp32);
    EXPECT_EQ(logits(*narrow), logits(*wide)) << step;
    narrow->compute_gradients(Images(batch), kLabels, step);
    narrow->update(1e-5F);
  }
  EXPECT_NE(narrow->parameters().at("features.0.weight")[0], start().at("features.0.weight")[0]);
}

TEST_P(Bf16Training, EditsAreRoundedToo) {
  const auto narrow = plan(start(), TrainingPrecision::bf16);
  narrow->edit_parameters([](Parameters& parameters) {
    for (NamedTensor& entry : parameters) {
      for (float& value : entry.tensor.values()) value *= -1.01F;
    }
  });
  const auto wide = plan(rounded(narrow->parameters()), TrainingPrecision::fp32);
  EXPECT_EQ(logits(*narrow), logits(*wide));
  EXPECT_NE(logits(*narrow), logits(*plan(rounded(start()), TrainingPrecision::fp32)));
}

TEST_P(Bf16Training, AgreesWithTheReference) {
  const auto exact = plan(start(), TrainingPrecision::bf16, "reference");
  const auto fast = plan(start(), TrainingPrecision::bf16);
  const Tensor batch = images();
  exact->compute_gradients(Images(batch), kLabels, 1);
  fast->compute_gradients(Images(batch), kLabels, 1);
  for (const NamedTensor& entry : exact->gradients()) {
    EXPECT_LT(relative_error(fast->gradients().at(entry.name).values(), entry.tensor.values()),
              kRelative)
        << entry.name;
  }
}

TEST_P(Bf16Training, SaysWhatIsRounded) {
  for (const auto precision : {TrainingPrecision::fp32, TrainingPrecision::bf16}) {
    for (const LayerPlan& layer : plan(start(), precision)->layers()) {
      const bool has_weights = layer.layer.ends_with("Conv") || layer.layer.ends_with("Linear");
      EXPECT_EQ(layer.implementation.ends_with("; bf16 weights, the rest float32"),
                has_weights && precision == TrainingPrecision::bf16)
          << layer.layer << ": " << layer.implementation;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Bf16Training, testing::Values("cpu", "reference"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace alexnet
