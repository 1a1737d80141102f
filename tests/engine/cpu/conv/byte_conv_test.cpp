// Convolutions of bytes: the kernel against plain loops, and the layer against what rounding to
// bytes allows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/crew.h"
#include "core/memory.h"
#include "core/threads.h"
#include "engine/cpu/conv/bytes/layer.h"
#include "engine/cpu/conv/common/padded_map.h"
#include "engine/cpu/conv/rounded_layer.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/simd/byte_windows.h"
#include "support/case_name.h"

namespace alexnet::cpu {
namespace {

// Three images, two groups of four panels, five blocks of pixels.
TEST(DirectConvolution, Streams) {
  const std::vector<Stream> streams = direct_streams(
      {.map_bytes = 1000, .weight_bytes = 6400, .groups = 2, .panels = 4, .blocks = 5}, 3);
  ASSERT_EQ(streams.size(), 4U);
  EXPECT_EQ(streams[0].bytes, 3000);
  EXPECT_EQ(streams[1].bytes, 12'000);  // with each panel the group's map
  EXPECT_EQ(streams[1].distance.own, 500);
  EXPECT_EQ(streams[1].distance.weights, 800);
  EXPECT_EQ(streams[2].bytes, 12'800);  // weights for other images
  EXPECT_EQ(streams[3].bytes, 76'800);  // and for other blocks
  EXPECT_EQ(streams[3].distance.own, 100);
}

class Bytes : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(Bytes);

TEST_P(Bytes, RangeHoldsZeroAndIsNaNForWhatIsNotFinite) {
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{7}, std::size_t{16}, std::size_t{53}}) {
    std::vector<float> values = normal_floats(count, 0);
    for (float& value : values) value = std::fabs(value);
    values.back() = 9;
    EXPECT_EQ(simd::value_range(values.data(), count).least, 0.0F);
    EXPECT_EQ(simd::value_range(values.data(), count).largest, 9.0F);
    values.front() = -7;
    EXPECT_EQ(simd::value_range(values.data(), count).least, -7.0F);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -HUGE_VALF}) {
      values[count / 2] = bad;
      EXPECT_TRUE(std::isnan(simd::value_range(values.data(), count).least)) << count;
      EXPECT_TRUE(std::isnan(simd::value_range(values.data(), count).largest)) << count;
    }
  }
}

TEST_P(Bytes, RoundsAndKeepsToItsBytes) {
  for (std::size_t count = 1; count < 70; ++count) {
    const std::vector<float> values = normal_floats(count, 1);
    std::vector<std::uint8_t> bytes(count + 1, 77);
    simd::to_unsigned_bytes(values.data(), count, 100.0F, 120, bytes.data());
    for (std::size_t i = 0; i < count; ++i) {
      const float wanted = std::clamp(std::nearbyint(values[i] * 100.0F) + 120.0F, 0.0F, 255.0F);
      EXPECT_EQ(bytes[i], static_cast<std::uint8_t>(wanted)) << i;
    }
    EXPECT_EQ(bytes[count], 77) << count;
  }
}

/// A product of windows with random bytes, and the same by plain loops.
struct WindowsCase {
  std::size_t pixels;
  std::size_t rows;
  std::size_t run;
  std::size_t outputs;
  std::int32_t zero;
};

void expect_right_products(const WindowsCase& c) {
  const std::size_t stored = simd::stored_outputs(c.outputs);
  const std::size_t row_stride = c.run + 4 * c.pixels;
  Buffer<std::uint8_t> map(c.rows * row_stride);
  for (std::size_t i = 0; i < map.size(); ++i) {
    map.data()[i] = static_cast<std::uint8_t>(i * 2654435761U >> 24);
  }
  Buffer<std::int8_t> weights(c.rows * c.run * stored);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights.data()[i] = static_cast<std::int8_t>((i * 40503U >> 5) % 255 - 127);
  }
  std::vector<std::uint32_t> windows;
  for (std::size_t i = 0; i < c.pixels; ++i) windows.push_back(static_cast<std::uint32_t>(4 * i));
  std::vector<std::int32_t> sums(stored);
  for (std::size_t k = 0; k < c.rows * c.run; ++k) {
    for (std::size_t output = 0; output < c.outputs; ++output) {
      sums[output] += weights.data()[(k / 4 * stored + output) * 4 + k % 4];
    }
  }
  const std::vector<float> scales = normal_floats(stored, 2);
  const std::vector<float> bias = normal_floats(stored, 3);
  std::vector<float> y(c.pixels * (c.outputs + 3), 5.0F);
  simd::multiply({.map = map.data(),
                  .row_stride = row_stride,
                  .windows = windows.data(),
                  .pixels = c.pixels,
                  .rows = c.rows,
                  .run = c.run,
                  .weights = weights.data(),
                  .outputs = c.outputs,
                  .sums = sums.data(),
                  .scales = scales.data(),
                  .bias = bias.data(),
                  .image_scale = 0.01F,
                  .zero = c.zero,
                  .relu = true,
                  .y = y.data(),
                  .y_stride = c.outputs + 3});
  for (std::size_t pixel = 0; pixel < c.pixels; ++pixel) {
    for (std::size_t output = 0; output < c.outputs; ++output) {
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < c.rows * c.run; ++k) {
        const std::int64_t x =
            map.data()[windows[pixel] + k / c.run * row_stride + k % c.run] - c.zero;
        sum += x * weights.data()[(k / 4 * stored + output) * 4 + k % 4];
      }
      const double value = static_cast<double>(sum) * 0.01 * scales[output] + bias[output];
      const double wanted = std::max(0.0, value);
      ASSERT_NEAR(y[pixel * (c.outputs + 3) + output], wanted, 1e-5 * (1 + std::fabs(value)))
          << "pixel " << pixel << ", output " << output;
    }
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(y[pixel * (c.outputs + 3) + c.outputs + i], 5.0F);
  }
}

TEST_P(Bytes, ProductsOfWindows) {
  if (isa() == Isa::avx512) GTEST_SKIP() << missing(Isa::avx512_vnni);
  for (const std::size_t outputs : {1U, 16U, 17U, 40U, 48U, 64U}) {
    for (const std::size_t pixels : {1U, 5U, 6U, 13U, 20U}) {
      expect_right_products({pixels, 3, 12, outputs, 0});
      expect_right_products({pixels, 1, 4, outputs, 131});
    }
  }
  expect_right_products({7, 5, 320, 64, 255});
}

// The layer.

RoundedLayer byte_layer(const LayerCase& c, int images, bool relu) {
  return {c, images, relu, Precision::int8, make_byte_conv};
}

class ByteConvShapes : public testing::TestWithParam<LayerCase> {
 protected:
  void SetUp() override {
    if (isa() < Isa::avx512_vnni) GTEST_SKIP() << missing(Isa::avx512_vnni);
  }
};

TEST_P(ByteConvShapes, OfRoundedValues) {
  for (const bool positive : {false, true}) {
    const RoundedLayer layer = byte_layer(GetParam(), 2, positive);
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
INSTANTIATE_TEST_SUITE_P(Shapes, ByteConvShapes, testing::ValuesIn(layer_cases()), kCaseName);

class ByteConv : public testing::Test {
 protected:
  void SetUp() override {
    if (isa() < Isa::avx512_vnni) GTEST_SKIP() << missing(Isa::avx512_vnni);
  }
  static RoundedLayer small() {
    return byte_layer({{.out_channels = 20, .kernel = 3, .padding = 1}, {5, 6, 7}}, 1, true);
  }
};

TEST_F(ByteConv, ZerosGiveTheBias) {
  const RoundedLayer layer = small();
  std::vector<float> x(size(element_count(layer.input())));
  const std::vector<float> y = layer.forward(x, 1);
  x.back() = 1e-30F;  // the rounding of nothing but zeros has no scale
  const std::vector<double> expected = layer.expected(x);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-6);
}

TEST_F(ByteConv, WhatIsNotFiniteIsSeen) {
  const RoundedLayer layer = small();
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{209}}) {  // each of two threads'
      std::vector<float> x(size(element_count(layer.input())), 1.0F);
      x[at] = bad;
      for (const float y : layer.forward(x, 2)) EXPECT_TRUE(std::isnan(y)) << bad << " at " << at;
    }
  }
}

TEST_F(ByteConv, NanWeightsAreSeen) {
  RoundedLayer layer = small();
  layer.weight().data()[0] = std::nanf("");
  const std::vector<float> y =
      layer.forward(std::vector<float>(size(element_count(layer.input())), 1.0F), 1);
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_FALSE(std::isnan(y[1]));
}

TEST_F(ByteConv, PacksChangedWeights) {
  RoundedLayer layer = small();
  const std::vector<float> x = normal_floats(size(element_count(layer.input())), 7);
  const std::vector<float> before = layer.forward(x, 1);
  for (float& weight : layer.weight().values()) weight = -weight;
  const std::vector<float> y = layer.forward(x, 1);
  const std::vector<double> expected = layer.expected(x);
  EXPECT_NE(y, before);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-3);
}

TEST_F(ByteConv, DeclinesWhatItCannotSum) {
  const RoundedLayer layer = byte_layer({{.out_channels = 1, .kernel = 3}, {4000, 3, 3}}, 1, false);
  EXPECT_EQ(layer.attempt().why_not, "its sums could overflow");
}

}  // namespace
}  // namespace alexnet::cpu
