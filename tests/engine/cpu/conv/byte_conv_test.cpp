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
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/simd/byte_windows.h"
#include "support/case_name.h"

namespace alexnet::cpu {
namespace {

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

struct LayerCase {
  Conv conv;
  Shape input;
};

void PrintTo(const LayerCase& layer, std::ostream* out) {
  *out << fmt::format("{} to {} channels of {}x{}, kernel {}, stride {}, {} groups", layer.input[0],
                      layer.conv.out_channels, layer.input[1], layer.input[2], layer.conv.kernel,
                      layer.conv.stride, layer.conv.groups);
}

std::vector<LayerCase> layer_cases() {
  return {{{.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2}, {3, 63, 71}},
          {{.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2}, {1, 64, 64}},
          {{.out_channels = 192, .kernel = 5, .padding = 2}, {64, 27, 27}},
          {{.out_channels = 100, .kernel = 3, .padding = 1}, {37, 6, 9}},
          {{.out_channels = 36, .kernel = 5, .padding = 2, .groups = 2}, {42, 7, 5}},
          {{.out_channels = 130, .kernel = 3, .padding = 1, .groups = 2}, {16, 13, 13}},
          {{.out_channels = 9, .kernel = 4, .stride = 4}, {3, 21, 16}},
          {{.out_channels = 20, .kernel = 5, .stride = 3, .padding = 1}, {2, 10, 30}},
          {{.out_channels = 5, .kernel = 1}, {3, 4, 1}},
          {{.out_channels = 7, .kernel = 3}, {8, 3, 3}}};
}

std::size_t size(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

class ByteLayer {
 public:
  ByteLayer(const LayerCase& c, int images, bool relu)
      : conv_(c.conv),
        weight_({c.conv.out_channels, c.input[0] / c.conv.groups, c.conv.kernel, c.conv.kernel}),
        bias_({c.conv.out_channels}) {
    const Architecture net{.name = "test",
                           .in_channels = static_cast<int>(c.input[0]),
                           .height = static_cast<int>(c.input[1]),
                           .width = static_cast<int>(c.input[2]),
                           .layers = {c.conv}};
    problem_.info = net.describe().front();
    fill_normal(weight_.values(), {.seed = 1, .minor = 4}, 0.0F, 1.0F);
    fill_normal(bias_.values(), {.seed = 1, .minor = 5}, 0.0F, 1.0F);
    problem_.first = true;
    problem_.relu = relu;
    problem_.precision = Precision::int8;
    problem_.batches = {images};
    problem_.weight = &weight_;
    problem_.bias = &bias_;
    attempt_ = make_byte_conv(conv_, problem_);
  }

  Tensor& weight() { return weight_; }
  const Attempt& attempt() const { return attempt_; }
  const Shape& input() const { return problem_.info.input; }
  const Shape& output() const { return problem_.info.output; }

  /// x: (n, h, w, c), as y is.
  std::vector<float> forward(const std::vector<float>& x, int threads) const {
    const int images = problem_.max_batch();
    const std::vector<float> blocks = arranged(x);
    std::vector<float> y(size(images * element_count(output())));
    std::vector<float> shared(attempt_.step->scratch(threads).shared, std::nanf(""));
    const Pass pass{.batch = images};
    const ThreadTeam team_size(threads);
    parallel::with_team([&](const Team& team) {
      attempt_.step->pack(team);
      team.barrier();
      attempt_.step->forward({.pass = pass,
                              .team = team,
                              .images = images,
                              .x = blocks.data(),
                              .y = y.data(),
                              .shared = shared.data()});
    });
    return y;
  }

  /// With weights and values rounded as the layer has to, the rest in double precision.
  std::vector<double> expected(std::vector<float> x) const {
    const std::size_t image = size(element_count(input()));
    for (std::size_t i = 0; i < x.size(); i += image) round_image(x.data() + i, image);
    const Tensor weight = rounded_weights();
    std::vector<double> y;
    for (std::size_t i = 0; i < x.size(); i += image) {
      for (std::int64_t pixel = 0; pixel < output()[1] * output()[2]; ++pixel) {
        for (std::int64_t out = 0; out < output()[0]; ++out) {
          const double sum = product(x.data() + i, weight, pixel, out) + bias_.data()[out];
          y.push_back(problem_.relu ? std::max(0.0, sum) : sum);
        }
      }
    }
    return y;
  }

 private:
  // A strided layer reads blocks of pixels.
  std::vector<float> arranged(const std::vector<float>& x) const {
    const InputLayout plain{.block = 1,
                            .padding = 0,
                            .height = static_cast<int>(input()[1]),
                            .width = static_cast<int>(input()[2]),
                            .channels = static_cast<int>(input()[0])};
    const InputLayout layout = attempt_.step->input_layout(plain);
    std::vector<float> blocks;
    for (int n = 0; n < problem_.max_batch(); ++n) {
      for (int i = 0; i < layout.height * layout.width * layout.channels; ++i) {
        const int c = i % layout.channels % plain.channels;
        const int in_block = i % layout.channels / plain.channels;
        const int pixel = i / layout.channels;
        const int row =
            pixel / layout.width * layout.block + in_block / layout.block - layout.padding;
        const int column =
            pixel % layout.width * layout.block + in_block % layout.block - layout.padding;
        const bool inside = row >= 0 && column >= 0 && row < plain.height && column < plain.width;
        const int at = ((n * plain.height + row) * plain.width + column) * plain.channels + c;
        blocks.push_back(inside ? x[size(at)] : 0.0F);
      }
    }
    return blocks;
  }

  // Through 256 equal steps between the least and the largest value, which hold 0.
  static void round_image(float* x, std::size_t count) {
    const float least = std::min(0.0F, *std::min_element(x, x + count));
    const float largest = std::max(0.0F, *std::max_element(x, x + count));
    const float scale = (largest - least) / 255.0F;
    const float zero = std::round(-least / (largest - least) * 255.0F);
    for (std::size_t i = 0; i < count; ++i) {
      const float byte = std::nearbyint(x[i] * (1.0F / scale)) + zero;
      x[i] = scale * (std::clamp(byte, 0.0F, 255.0F) - zero);
    }
  }

  // Each output channel to ±127.
  Tensor rounded_weights() const {
    Tensor rounded(weight_.shape());
    std::ranges::copy(weight_.values(), rounded.data());
    const std::size_t row = weight_.values().size() / size(conv_.out_channels);
    for (std::size_t i = 0; i < rounded.values().size(); i += row) {
      const std::span<float> values = rounded.values().subspan(i, row);
      float largest = 0;
      for (const float value : values) largest = std::max(largest, std::fabs(value));
      for (float& value : values) {
        value = std::nearbyint(value * (127.0F / largest)) * (largest / 127.0F);
      }
    }
    return rounded;
  }

  double product(const float* x, const Tensor& weight, std::int64_t pixel, std::int64_t out) const {
    const std::int64_t depth = input()[0] / conv_.groups;
    const std::int64_t first = out / (conv_.out_channels / conv_.groups) * depth;
    double sum = 0;
    for (std::int64_t tap = 0; tap < conv_.kernel * conv_.kernel; ++tap) {
      const std::int64_t row =
          pixel / output()[2] * conv_.stride + tap / conv_.kernel - conv_.padding;
      const std::int64_t column =
          pixel % output()[2] * conv_.stride + tap % conv_.kernel - conv_.padding;
      if (row < 0 || column < 0 || row >= input()[1] || column >= input()[2]) continue;
      const float* const from = x + (row * input()[2] + column) * input()[0] + first;
      for (std::int64_t c = 0; c < depth; ++c) {
        const std::int64_t at = (out * depth + c) * conv_.kernel * conv_.kernel + tap;
        sum += double{from[c]} * weight.data()[at];
      }
    }
    return sum;
  }

  Conv conv_;
  Tensor weight_;
  Tensor bias_;
  Problem problem_;
  Attempt attempt_;
};

class ByteConvShapes : public testing::TestWithParam<LayerCase> {
 protected:
  void SetUp() override {
    if (isa() < Isa::avx512_vnni) GTEST_SKIP() << missing(Isa::avx512_vnni);
  }
};

TEST_P(ByteConvShapes, OfRoundedValues) {
  for (const bool positive : {false, true}) {
    const ByteLayer layer(GetParam(), 2, positive);
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
  static ByteLayer small() {
    return {{{.out_channels = 20, .kernel = 3, .padding = 1}, {5, 6, 7}}, 1, true};
  }
};

TEST_F(ByteConv, ZerosGiveTheBias) {
  const ByteLayer layer = small();
  std::vector<float> x(size(element_count(layer.input())));
  const std::vector<float> y = layer.forward(x, 1);
  x.back() = 1e-30F;  // the rounding of nothing but zeros has no scale
  const std::vector<double> expected = layer.expected(x);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-6);
}

TEST_F(ByteConv, WhatIsNotFiniteIsSeen) {
  const ByteLayer layer = small();
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{209}}) {  // each of two threads'
      std::vector<float> x(size(element_count(layer.input())), 1.0F);
      x[at] = bad;
      for (const float y : layer.forward(x, 2)) EXPECT_TRUE(std::isnan(y)) << bad << " at " << at;
    }
  }
}

TEST_F(ByteConv, NanWeightsAreSeen) {
  ByteLayer layer = small();
  layer.weight().data()[0] = std::nanf("");
  const std::vector<float> y =
      layer.forward(std::vector<float>(size(element_count(layer.input())), 1.0F), 1);
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_FALSE(std::isnan(y[1]));
}

TEST_F(ByteConv, PacksChangedWeights) {
  ByteLayer layer = small();
  const std::vector<float> x = normal_floats(size(element_count(layer.input())), 7);
  const std::vector<float> before = layer.forward(x, 1);
  for (float& weight : layer.weight().values()) weight = -weight;
  const std::vector<float> y = layer.forward(x, 1);
  const std::vector<double> expected = layer.expected(x);
  EXPECT_NE(y, before);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-3);
}

TEST_F(ByteConv, DeclinesWhatItCannotSum) {
  const ByteLayer layer({{.out_channels = 1, .kernel = 3}, {4000, 3, 3}}, 1, false);
  EXPECT_EQ(layer.attempt().why_not, "its sums could overflow");
}

}  // namespace
}  // namespace alexnet::cpu
