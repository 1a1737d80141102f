// LARS against its formula in plain loops, of one rank and of several.
#include "engine/common/lars.h"

#include <alexnet/random.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "engine/common/sgd.h"
#include "support/sliced_layers.h"
#include "support/thread_ranks.h"

namespace alexnet::test {
namespace {

constexpr int kParts = 4;
constexpr float kDecay = 0.01F;

Architecture network() {
  return {.name = "small",
          .in_channels = 2,
          .height = 9,
          .width = 9,
          .layers = {Conv{.out_channels = 5, .kernel = 3}, Relu{}, Flatten{}, Linear{131}, Relu{},
                     Linear{7}, LogSoftmax{}}};
}

SgdOptions options() {
  return {.momentum = 0.9F,
          .weights = {.learning_rate_multiplier = 1.0F, .weight_decay = kDecay},
          .biases = {.learning_rate_multiplier = 2.0F, .weight_decay = 0.0F},
          .optimizer = Optimizer::lars,
          .trust_coefficient = 0.02F};
}

Parameters random(std::uint64_t seed) {
  Parameters values(network());
  for (NamedTensor& entry : values) {
    const float deviation = 0.02F * static_cast<float>(1 + seed % 5);
    fill_normal(entry.tensor.values(), {.seed = seed++}, 0.0F, deviation);
  }
  return values;
}

double norm(const Tensor& tensor) {
  double sum = 0;
  for (const float value : tensor.values()) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

TEST(Lars, IsTheFormula) {
  const Parameters weights = random(1);
  const Parameters gradients = random(20);
  const Parameters velocity = random(40);
  Parameters updated = weights.clone();
  Parameters momentum = velocity.clone();
  const LayerwiseRates rates(network(), {});
  sgd_update(options(), {}, 0.5F, updated, gradients, momentum, nullptr,
             rates.factors(options(), updated, gradients));
  for (const NamedTensor& entry : weights) {
    const std::string layer = entry.name.substr(0, entry.name.rfind('.'));
    const double w = norm(weights.at(layer + ".weight"));
    const double g = norm(gradients.at(layer + ".weight"));
    const bool is_bias = entry.name.ends_with(".bias");
    const double rate = 0.02 * w / (g + kDecay * w) * 0.5 * (is_bias ? 2 : 1);
    const double decay = is_bias ? 0 : kDecay;
    for (std::int64_t i = 0; i < entry.tensor.size(); ++i) {
      const double v = 0.9 * velocity.at(entry.name)[i] -
                       rate * (gradients.at(entry.name)[i] + decay * entry.tensor[i]);
      ASSERT_NEAR(momentum.at(entry.name)[i], v, 1e-6) << entry.name;
      ASSERT_NEAR(updated.at(entry.name)[i], entry.tensor[i] + v, 1e-6) << entry.name;
    }
  }
}

TEST(Lars, TakesARatioOfOneWhereANormIsZero) {
  const Parameters weights = random(1);
  const Parameters zeros(network());
  const LayerwiseRates rates(network(), {});
  for (const LayerRate& factor : rates.factors(options(), weights, zeros)) {
    EXPECT_EQ(factor.multiplier, 0.02F) << factor.prefix;
  }
  for (const LayerRate& factor : rates.factors(options(), zeros, weights)) {
    EXPECT_EQ(factor.multiplier, 0.02F) << factor.prefix;
  }
}

TEST(Lars, DoesNotDependOnWhichRankHasWhichRows) {
  const Parameters weights = random(1);
  const Parameters gradients = random(20);
  const auto expected = LayerwiseRates(network(), {}).factors(options(), weights, gradients);
  ASSERT_EQ(expected.size(), 3U);
  for (const int count : {1, 2, 3, 4}) {
    on_ranks(count, [&](Communicator& ranks) {
      const Division division{
          .ranks = &ranks, .parts = kParts, .by_rows = sliced_layers(network(), kParts)};
      const DividedParameters divided(division);
      const auto factors =
          LayerwiseRates(network(), division)
              .factors(options(), divided.own(weights.clone()), divided.own(gradients.clone()));
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(factors.at(i).prefix, expected[i].prefix);
        EXPECT_EQ(factors.at(i).multiplier, expected[i].multiplier);
      }
    });
  }
}

}  // namespace
}  // namespace alexnet::test
