// Stochastic gradient descent against its two formulas, done by hand.
#include "engine/common/sgd.h"

#include <alexnet/random.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace alexnet {
namespace {

struct State {
  Parameters parameters, gradients, momentum;

  State() {
    for (const char* name : {"layer.weight", "layer.bias"}) {
      parameters.add(name, Tensor({2}, std::vector<float>{1.0F, -2.0F}));
      gradients.add(name, Tensor({2}, std::vector<float>{0.5F, 0.25F}));
      momentum.add(name, Tensor({2}, std::vector<float>{0.1F, 0.2F}));
    }
  }
};

TEST(Sgd, PytorchConvention) {
  State s;
  sgd_update({.momentum = 0.9F, .weights = {1.0F, 0.1F}, .biases = {1.0F, 0.1F}}, {}, 0.5F,
             s.parameters, s.gradients, s.momentum);
  // v = 0.9 · 0.1 + 0.5 + 0.1 · 1 = 0.69; w = 1 − 0.5 · 0.69
  EXPECT_FLOAT_EQ(s.momentum.at("layer.weight")[0], 0.69F);
  EXPECT_FLOAT_EQ(s.parameters.at("layer.weight")[0], 0.655F);
  // v = 0.9 · 0.2 + 0.25 − 0.1 · 2 = 0.23; w = −2 − 0.5 · 0.23
  EXPECT_FLOAT_EQ(s.momentum.at("layer.weight")[1], 0.23F);
  EXPECT_FLOAT_EQ(s.parameters.at("layer.weight")[1], -2.115F);
}

TEST(Sgd, Krizhevsky2012ConventionHasTheRateInsideTheVelocity) {
  State s;
  sgd_update({.convention = SgdConvention::krizhevsky2012,
              .momentum = 0.9F,
              .weights = {1.0F, 0.1F},
              .biases = {2.0F, 0.0F}},
             {}, 0.5F, s.parameters, s.gradients, s.momentum);
  // v = 0.9 · 0.1 − 0.1 · 0.5 · 1 − 0.5 · 0.5 = −0.21; w = 1 − 0.21
  EXPECT_FLOAT_EQ(s.momentum.at("layer.weight")[0], -0.21F);
  EXPECT_FLOAT_EQ(s.parameters.at("layer.weight")[0], 0.79F);
  // biases: twice the rate, no decay: v = 0.09 − 1.0 · 0.5
  EXPECT_FLOAT_EQ(s.momentum.at("layer.bias")[0], -0.41F);
  EXPECT_FLOAT_EQ(s.parameters.at("layer.bias")[0], 0.59F);
}

// Small tensors and those that threads share; biases are not rounded.
TEST(Sgd, RoundedWeightsFollowTheUpdate) {
  Parameters parameters, gradients, momentum, rounded;
  for (const std::int64_t size : {3, 1500, 40'000}) {
    for (const char* kind : {"weight", "bias"}) {
      const std::string name = std::to_string(size) + "." + kind;
      for (Parameters* tensors : {&parameters, &gradients, &momentum, &rounded}) {
        tensors->add(name, Tensor({size}));
      }
      fill_normal(parameters.at(name).values(), {.seed = 1}, 0.0F, 1.0F);
      fill_normal(gradients.at(name).values(), {.seed = 2}, 0.0F, 1.0F);
    }
  }
  Parameters plain = parameters.clone();
  Parameters plain_momentum = momentum.clone();
  const SgdOptions options;
  sgd_update(options, {}, 0.1F, plain, gradients, plain_momentum);
  sgd_update(options, {}, 0.1F, parameters, gradients, momentum, &rounded);
  Parameters expected = rounded.clone();
  round_weights(parameters, expected);
  for (const NamedTensor& entry : parameters) {
    const auto values = entry.tensor.values();
    EXPECT_TRUE(std::ranges::equal(values, plain.at(entry.name).values())) << entry.name;
    EXPECT_TRUE(
        std::ranges::equal(rounded.at(entry.name).values(), expected.at(entry.name).values()))
        << entry.name;
    EXPECT_EQ(std::ranges::equal(values, expected.at(entry.name).values()),
              entry.name.ends_with(".bias"))
        << entry.name;
  }
}

TEST(Sgd, GroupsHaveTheirOwnRateAndDecay) {
  State s;
  sgd_update({.momentum = 0.0F, .weights = {1.0F, 0.0F}, .biases = {0.0F, 0.0F}}, {}, 1.0F,
             s.parameters, s.gradients, s.momentum);
  EXPECT_FLOAT_EQ(s.parameters.at("layer.weight")[0], 0.5F);
  EXPECT_FLOAT_EQ(s.parameters.at("layer.bias")[0], 1.0F);
}

TEST(Sgd, LayersHaveTheirOwnRates) {
  const std::vector<LayerRate> rates{{"features.", 0.0F}, {"classifier.6.", 1.0F}, {"", 0.1F}};
  EXPECT_EQ(rate_multiplier(rates, "features.0.weight"), 0.0F);
  EXPECT_EQ(rate_multiplier(rates, "classifier.6.bias"), 1.0F);
  EXPECT_EQ(rate_multiplier(rates, "classifier.1.weight"), 0.1F);
  EXPECT_EQ(rate_multiplier({}, "features.0.weight"), 1.0F);
  const Architecture net{
      .name = "n",
      .in_channels = 1,
      .height = 4,
      .width = 4,
      .layers = {Conv{.out_channels = 1, .kernel = 3}, Relu{}, Flatten{}, Linear{2}, LogSoftmax{}}};
  EXPECT_EQ(first_learning_layer(net, rates), 3U);
  EXPECT_EQ(first_learning_layer(net, {}), 0U);
  EXPECT_EQ(first_learning_layer(net, {{"", 0.0F}}), 5U);
}

}  // namespace
}  // namespace alexnet
