// Convolutions by tiles, on every processor by those in software, against double precision with
// operands that are rounded as the layer has to.
#include <gmock/gmock.h>

#include <tuple>

#include "engine/cpu/conv/rounded_layer.h"
#include "engine/cpu/conv/tiles/layer.h"
#include "support/case_name.h"
#include "support/tile_units.h"

namespace alexnet {

inline void PrintTo(Precision precision, std::ostream* out) {
  *out << to_string(precision);
}

namespace cpu {
namespace {

RoundedLayer tile_layer(const LayerCase& c, int images, bool relu, Precision precision) {
  return {c, images, relu, precision, make_tile_conv};
}

using Parameters = std::tuple<TileUnit, Precision, LayerCase>;

class TileConvShapes : public testing::TestWithParam<Parameters> {
 protected:
  TileConvShapes() : unit_(std::get<0>(GetParam())) {}

  const UseTiles unit_;
};

// Products of bf16 are exact in float32, and their sums nearly. Of bytes the sums are exact.
TEST_P(TileConvShapes, OfRoundedValues) {
  const auto& [unit, precision, shape] = GetParam();
  for (const bool positive : {false, true}) {
    const RoundedLayer layer = tile_layer(shape, 2, positive, precision);
    ASSERT_TRUE(layer.attempt().step) << layer.attempt().why_not;
    std::vector<float> x = normal_floats(size(2 * element_count(layer.input())), 6);
    for (float& value : x) value = positive ? std::fabs(value) : value + 0.5F;
    const std::vector<double> expected = layer.expected(x);
    const std::vector<float> y = layer.forward(x, 1);
    double largest = 0;
    for (const double value : expected) largest = std::max(largest, std::fabs(value));
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_NEAR(y[i], expected[i], 1e-5 * largest) << i;
    }
    EXPECT_EQ(layer.forward(x, 2), y);
    EXPECT_EQ(layer.forward(x, 3), y);
  }
}

std::vector<LayerCase> tile_cases() {
  std::vector<LayerCase> cases = layer_cases();
  cases.push_back({{.out_channels = 3, .kernel = 1}, {1, 1, 1}});
  cases.push_back({{.out_channels = 33, .kernel = 7, .padding = 6}, {3, 2, 40}});
  cases.push_back({{.out_channels = 16, .kernel = 3, .padding = 1, .groups = 4}, {4, 17, 16}});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Bf16, TileConvShapes,
                         testing::Combine(testing::ValuesIn(tile_units(Products::bf16)),
                                          testing::Values(Precision::bf16),
                                          testing::ValuesIn(tile_cases())),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Bytes, TileConvShapes,
                         testing::Combine(testing::ValuesIn(tile_units(Products::bytes)),
                                          testing::Values(Precision::int8),
                                          testing::ValuesIn(tile_cases())),
                         kCaseName);

class TileConv : public testing::TestWithParam<Precision> {
 protected:
  static RoundedLayer small() {
    return tile_layer({{.out_channels = 20, .kernel = 3, .padding = 1}, {5, 6, 7}}, 1, true,
                      GetParam());
  }
  static std::vector<float> ones(const RoundedLayer& layer) {
    std::vector<float> x(size(element_count(layer.input())), 1.0F);
    return x;
  }

  const UseTiles software_{TileUnit::software};
};

TEST_P(TileConv, ZerosGiveTheBias) {
  const RoundedLayer layer = small();
  std::vector<float> x(size(element_count(layer.input())));
  const std::vector<float> y = layer.forward(x, 1);
  x.back() = 1e-30F;  // the rounding of nothing but zeros has no scale
  const std::vector<double> expected = layer.expected(x);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-6);
}

// Bytes lose the place: the scale of the whole image is NaN.
TEST_P(TileConv, WhatIsNotFiniteIsSeen) {
  const RoundedLayer layer = small();
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{209}}) {  // each of two threads'
      std::vector<float> x = ones(layer);
      x[at] = bad;
      const std::vector<float> y = layer.forward(x, 2);
      const auto finite =
          std::ranges::count_if(y, [](float value) { return std::isfinite(value); });
      if (GetParam() == Precision::int8) {
        EXPECT_EQ(finite, 0) << bad << " at " << at;
      } else {
        EXPECT_LT(finite, static_cast<std::ptrdiff_t>(y.size())) << bad << " at " << at;
      }
    }
  }
}

TEST_P(TileConv, NanWeightsAreSeen) {
  RoundedLayer layer = small();
  layer.weight().data()[0] = std::nanf("");
  const std::vector<float> y = layer.forward(ones(layer), 1);
  EXPECT_TRUE(std::ranges::any_of(y, [](float value) { return std::isnan(value); }));
  EXPECT_FALSE(std::isnan(y[1]));
}

TEST_P(TileConv, PacksChangedWeights) {
  RoundedLayer layer = small();
  const std::vector<float> x = normal_floats(size(element_count(layer.input())), 7);
  const std::vector<float> before = layer.forward(x, 1);
  for (float& weight : layer.weight().values()) weight = -weight;
  const std::vector<float> y = layer.forward(x, 1);
  const std::vector<double> expected = layer.expected(x);
  EXPECT_NE(y, before);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Precisions, TileConv, testing::Values(Precision::bf16, Precision::int8));

TEST(TileConvDeclines, WhatItCannotDo) {
  const LayerCase deep{{.out_channels = 1, .kernel = 3}, {4000, 3, 3}};
  EXPECT_EQ(tile_layer(deep, 1, false, Precision::int8).attempt().why_not,
            "its sums could overflow");
  EXPECT_EQ(tile_layer(deep, 1, false, Precision::bf16).attempt().why_not, "");
  const LayerCase beside{{.out_channels = 1, .kernel = 2, .stride = 3}, {1, 9, 9}};
  EXPECT_EQ(tile_layer(beside, 1, false, Precision::bf16).attempt().why_not,
            "its stride leaves pixels out");
}

}  // namespace
}  // namespace cpu
}  // namespace alexnet
