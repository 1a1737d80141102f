#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/parameters.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <span>
#include <string>

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// The smallest of the networks: 21 million parameters.
const Architecture& net() {
  static const Architecture small =
      make_alexnet_2012({{.in_channels = 1, .classes = 10, .image_size = 64}, {}});
  return small;
}

const Parameters& initialized(Initializer how) {
  static std::map<Initializer, Parameters> known;
  if (!known.contains(how)) known.emplace(how, initialize(net(), how, 1));
  return known.at(how);
}

double root_mean_square(std::span<const float> values) {
  const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// Five standard errors of a deviation that is estimated from so many draws.
double slack(const Tensor& tensor) {
  return 5 / std::sqrt(2.0 * static_cast<double>(tensor.size()));
}

void expect_deviation(const Tensor& tensor, double deviation) {
  EXPECT_NEAR(root_mean_square(tensor.values()) / deviation, 1.0, slack(tensor));
}

TEST(Initialize, HeFollowsTheFanIn) {
  const Parameters& parameters = initialized(Initializer::he);
  for (const ParameterSpec& spec : net().parameters()) {
    SCOPED_TRACE(spec.name);
    const Tensor& tensor = parameters.at(spec.name);
    if (spec.is_bias) {
      EXPECT_THAT(tensor.values(), Each(0.0F));
    } else {
      const double gain = spec.name == "classifier.6.weight" ? 1.0 : 2.0;
      expect_deviation(tensor, std::sqrt(gain / static_cast<double>(spec.fan_in)));
    }
  }
}

TEST(Initialize, PytorchIsUniformInWeightsAndBiases) {
  const Parameters& parameters = initialized(Initializer::pytorch);
  for (const ParameterSpec& spec : net().parameters()) {
    SCOPED_TRACE(spec.name);
    const Tensor& tensor = parameters.at(spec.name);
    const double bound = 1.0 / std::sqrt(static_cast<double>(spec.fan_in));
    const auto [low, high] = std::ranges::minmax(tensor.values());
    EXPECT_GE(low, -bound * 1.000001);
    EXPECT_LE(high, bound * 1.000001);
    expect_deviation(tensor, bound / std::sqrt(3.0));
  }
}

// Krizhevsky 2012, section 5.
TEST(Initialize, Krizhevsky2012HasItsBiases) {
  const Parameters& parameters = initialized(Initializer::krizhevsky2012);
  const std::map<std::string, float> biases{
      {"features.0.bias", 0.0F},   {"features.4.bias", 1.0F},  {"features.8.bias", 0.0F},
      {"features.10.bias", 1.0F},  {"features.12.bias", 1.0F}, {"classifier.0.bias", 1.0F},
      {"classifier.3.bias", 1.0F}, {"classifier.6.bias", 0.0F}};
  for (const ParameterSpec& spec : net().parameters()) {
    SCOPED_TRACE(spec.name);
    const Tensor& tensor = parameters.at(spec.name);
    if (spec.is_bias) {
      EXPECT_THAT(tensor.values(), Each(biases.at(spec.name)));
    } else {
      expect_deviation(tensor, 0.01);
    }
  }
}

TEST(Initialize, DependsOnTheSeedAlone) {
  const Architecture small{.name = "small",
                           .in_channels = 3,
                           .height = 2,
                           .width = 2,
                           .layers = {Flatten{}, Linear{12}, Relu{}, Linear{12}, LogSoftmax{}}};
  const auto weights = [&](std::uint64_t seed, const char* name) {
    const Parameters parameters = initialize(small, Initializer::he, seed);
    const auto values = parameters.at(name).values();
    return std::vector<float>(values.begin(), values.end());
  };
  const auto first = weights(1, "classifier.0.weight");
  EXPECT_EQ(first, weights(1, "classifier.0.weight"));
  EXPECT_NE(first, weights(2, "classifier.0.weight"));
  // Of the same shape, yet with draws of their own (and not only scaled).
  EXPECT_GT(std::abs(first[0] / first[1] -
                     weights(1, "classifier.2.weight")[0] / weights(1, "classifier.2.weight")[1]),
            1e-3F);
}

TEST(Initialize, FitsItsNetwork) {
  for (const auto how : {Initializer::he, Initializer::pytorch, Initializer::krizhevsky2012}) {
    EXPECT_NO_THROW(check_fit(net(), initialized(how), "here"));
  }
}

TEST(Initializer, IsFoundByItsName) {
  for (const auto how : {Initializer::he, Initializer::pytorch, Initializer::krizhevsky2012}) {
    EXPECT_EQ(parse<Initializer>(to_string(how)), how);
  }
  EXPECT_THAT([] { parse<Initializer>("xavier"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("'xavier'"), HasSubstr("pytorch"))));
}

}  // namespace
}  // namespace alexnet
