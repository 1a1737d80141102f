// The gradients of convolutions by tiles of bf16, on every processor by those in software, against
// plain loops in double precision over rounded operands.
#include <gmock/gmock.h>

#include <functional>
#include <tuple>

#include "engine/cpu/conv/rounded_layer.h"
#include "engine/cpu/conv/tiles/layer.h"
#include "support/case_name.h"
#include "support/tile_units.h"

namespace alexnet::cpu {
namespace {

constexpr int kImages = 10;  // more than go through the weights' gradient together

/// What is rounded to bf16 beside the weights: nothing of a bias's gradient.
std::vector<float> rounded(std::vector<float> values) {
  simd::round_to_bfloat16(values.data(), values.size());
  return values;
}

struct Gradients {
  std::vector<double> weight;
  std::vector<double> bias;
  std::vector<double> input;
};

/// Calls pair(index of an input, of an output, of a weight) for all that are multiplied.
void for_each_product(const RoundedLayer& layer, int images,
                      const std::function<void(std::size_t, std::size_t, std::size_t)>& pair) {
  const Conv& conv = layer.conv();
  const Shape& in = layer.input();
  const Shape& out = layer.output();
  const std::int64_t depth = in[0] / conv.groups;
  const std::int64_t lanes = out[0] / conv.groups;
  const std::int64_t k = conv.kernel;
  for (std::int64_t pixel = 0; pixel < images * out[1] * out[2]; ++pixel) {
    const std::int64_t image = pixel / (out[1] * out[2]);
    for (std::int64_t tap = 0; tap < k * k; ++tap) {
      const std::int64_t y = pixel / out[2] % out[1] * conv.stride + tap / k - conv.padding;
      const std::int64_t x = pixel % out[2] * conv.stride + tap % k - conv.padding;
      if (y < 0 || x < 0 || y >= in[1] || x >= in[2]) continue;
      for (std::int64_t o = 0; o < out[0]; ++o) {
        for (std::int64_t c = 0; c < depth; ++c) {
          pair(size(((image * in[1] + y) * in[2] + x) * in[0] + o / lanes * depth + c),
               size(pixel * out[0] + o), size((o * depth + c) * k * k + tap));
        }
      }
    }
  }
}

Gradients expected_gradients(const RoundedLayer& layer, int images, const std::vector<float>& x,
                             const std::vector<float>& dy) {
  const std::vector<float> rounded_x = rounded(x);
  const std::vector<float> rounded_dy = rounded(dy);
  Gradients result;
  result.weight.resize(layer.weight().values().size());
  result.bias.resize(size(layer.output()[0]));
  result.input.resize(x.size());
  for_each_product(layer, images, [&](std::size_t in, std::size_t out, std::size_t weight) {
    result.weight[weight] += double{rounded_x[in]} * rounded_dy[out];
    result.input[in] += double{layer.weight().data()[weight]} * rounded_dy[out];
  });
  for (std::size_t i = 0; i < dy.size(); ++i) result.bias[i % result.bias.size()] += dy[i];
  return result;
}

void expect_near(const std::vector<float>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::fabs(value));
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], 1e-5 * largest) << i;
  }
}

using Parameters = std::tuple<TileUnit, LayerCase>;

class TileConvGradients : public testing::TestWithParam<Parameters> {
 protected:
  TileConvGradients() : unit_(std::get<0>(GetParam())) {}

  const UseTiles unit_;
};

TEST_P(TileConvGradients, OfRoundedValues) {
  const LayerCase& shape = std::get<1>(GetParam());
  const bool inside = shape.conv.stride == 1;
  const RoundedLayer layer(shape, kImages, true, Precision::fp32, make_tile_conv,
                           inside ? Use::training_inside : Use::training);
  ASSERT_TRUE(layer.attempt().step) << layer.attempt().why_not;
  const std::vector<float> x = normal_floats(size(kImages * element_count(layer.input())), 6);
  const std::vector<float> y = layer.forward(x, 2);
  std::vector<float> dy = normal_floats(y.size(), 7);
  const LayerGradients got = layer.backward(x, y, dy, 1);
  EXPECT_EQ(layer.backward(x, y, dy, 2), got);
  EXPECT_EQ(layer.backward(x, y, dy, 3), got);
  for (std::size_t i = 0; i < dy.size(); ++i) {
    if (y[i] <= 0) dy[i] = 0;
  }
  const Gradients expected = expected_gradients(layer, kImages, x, dy);
  expect_near(got.weight, expected.weight);
  expect_near(got.bias, expected.bias);
  if (inside) expect_near(got.input, expected.input);
}

std::vector<LayerCase> gradient_cases() {
  return {{{.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2}, {3, 31, 39}},
          {{.out_channels = 20, .kernel = 5, .stride = 3, .padding = 1}, {2, 10, 30}},
          {{.out_channels = 40, .kernel = 5, .padding = 2}, {34, 9, 8}},
          {{.out_channels = 100, .kernel = 3, .padding = 1}, {37, 6, 9}},
          {{.out_channels = 36, .kernel = 5, .padding = 2, .groups = 2}, {42, 7, 5}},
          {{.out_channels = 130, .kernel = 3, .padding = 1, .groups = 2}, {16, 5, 4}},
          {{.out_channels = 16, .kernel = 3, .padding = 1, .groups = 4}, {4, 17, 16}},
          {{.out_channels = 17, .kernel = 3}, {8, 3, 3}},
          {{.out_channels = 33, .kernel = 7, .padding = 6}, {3, 2, 13}},
          {{.out_channels = 5, .kernel = 1}, {3, 4, 1}},
          {{.out_channels = 3, .kernel = 1}, {1, 1, 1}}};
}

INSTANTIATE_TEST_SUITE_P(Shapes, TileConvGradients,
                         testing::Combine(testing::ValuesIn(tile_units(Products::bf16)),
                                          testing::ValuesIn(gradient_cases())),
                         kCaseName);

// A weight's gradient takes 0 · NaN as NaN; no other image of the data's gradient sees it.
TEST(TileConvGradientNumbers, WhatIsNotFiniteIsSeen) {
  const UseTiles software(TileUnit::software);
  const LayerCase shape{{.out_channels = 20, .kernel = 3, .padding = 1}, {5, 6, 7}};
  const RoundedLayer layer(shape, 2, false, Precision::fp32, make_tile_conv, Use::training_inside);
  const std::vector<float> x = normal_floats(std::size_t{2} * 5 * 6 * 7, 1);
  std::vector<float> dy = normal_floats(std::size_t{2} * 20 * 6 * 7, 2);
  dy[3] = std::nanf("");
  const LayerGradients got = layer.backward(x, dy, dy, 2);
  const auto is_nan = [](float value) { return std::isnan(value); };
  EXPECT_TRUE(std::any_of(got.weight.begin(), got.weight.end(), is_nan));
  EXPECT_TRUE(std::isnan(got.bias[3]));
  EXPECT_FALSE(std::isnan(got.bias[4]));
  const auto second = got.input.begin() + 5 * 6 * 7;
  EXPECT_TRUE(std::any_of(got.input.begin(), second, is_nan));
  EXPECT_FALSE(std::any_of(second, got.input.end(), is_nan));
}

// Each alone, as of frozen layers.
TEST(TileConvGradientNumbers, ComputesWhatIsWanted) {
  const UseTiles software(TileUnit::software);
  const LayerCase shape{{.out_channels = 6, .kernel = 3, .padding = 1}, {5, 4, 4}};
  const RoundedLayer both(shape, 1, true, Precision::fp32, make_tile_conv, Use::training_inside);
  const RoundedLayer first(shape, 1, true, Precision::fp32, make_tile_conv, Use::training);
  const std::vector<float> x = normal_floats(std::size_t{5} * 4 * 4, 1);
  const std::vector<float> y = both.forward(x, 1);
  const LayerGradients got = both.backward(x, y, y, 1);
  EXPECT_EQ(first.backward(x, y, y, 1).weight, got.weight);
  EXPECT_TRUE(first.backward(x, y, y, 1).input.empty());
}

}  // namespace
}  // namespace alexnet::cpu
