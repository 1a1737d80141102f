// Fully-connected layers by tiles, on every processor by those in software, against double
// precision with operands that are rounded as the layer has to.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <tuple>
#include <vector>

#include "core/crew.h"
#include "core/memory.h"
#include "core/threads.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/linear/store.h"
#include "engine/cpu/linear/tiles.h"
#include "engine/cpu/simd/halves.h"
#include "support/case_name.h"
#include "support/tile_units.h"

namespace alexnet {

inline void PrintTo(Precision precision, std::ostream* out) {
  *out << to_string(precision);
}

namespace cpu::linear {
namespace {

struct Case {
  int images;
  std::int64_t in;
  std::int64_t out;
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.images << " images " << test.in << " to " << test.out;
}

std::size_t size(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

struct LayerGradients {
  std::vector<float> weight;
  std::vector<float> bias;
  std::vector<float> input;
  bool operator==(const LayerGradients&) const = default;
};

class TileLayer {
 public:
  TileLayer(const Case& test, Precision precision, bool relu, bool training = false)
      : images_(test.images),
        in_(size(test.in)),
        out_(size(test.out)),
        weight_({test.out, test.in}),
        bias_({test.out}),
        weight_gradient_(weight_.shape()),
        bias_gradient_(bias_.shape()),
        x_(normal_floats(size(test.images) * in_, 3)) {
    fill_normal(weight_.values(), {.seed = 1, .minor = 4}, 0.0F, 1.0F);
    fill_normal(bias_.values(), {.seed = 1, .minor = 5}, 0.0F, 1.0F);
    problem_.info.input = {test.in};
    problem_.info.output = {test.out};
    problem_.precision = precision;
    problem_.relu = relu;
    if (training) {
      simd::round_to_bfloat16(weight_.data(), weight_.values().size());
      problem_.training = true;
      problem_.bf16_products = true;
      problem_.weight_gradient = &weight_gradient_;
      problem_.bias_gradient = &bias_gradient_;
    }
    problem_.batches = {test.images + 3};  // a batch may be smaller than planned
    problem_.weight = &weight_;
    problem_.bias = &bias_;
    attempt_ = make_tiles(Linear{static_cast<int>(test.out)}, problem_);
  }

  const Attempt& attempt() const { return attempt_; }
  std::vector<float>& x() { return x_; }
  void store() { weight_ = stored(weight_, problem_.precision); }

  std::vector<float> forward(int threads) const {
    const Scratch scratch = attempt_.step->scratch(threads);
    Buffer<float> shared = unwritten(scratch.shared);
    Buffer<float> per_thread = unwritten(scratch.per_thread * size(threads));
    std::vector<float> y(size(images_) * out_, NAN);
    const Pass pass{.batch = images_};
    const ThreadTeam team_size(threads);
    parallel::with_team([&](const Team& team) {
      attempt_.step->pack(team);
      team.barrier();
      attempt_.step->forward({.pass = pass,
                              .team = team,
                              .images = images_,
                              .x = x_.data(),
                              .y = y.data(),
                              .shared = shared.data(),
                              .per_thread = per_thread.data() + team.index() * scratch.per_thread});
    });
    return y;
  }

  /// Of whose ReLU the output was y.
  LayerGradients backward(std::vector<float> y, std::vector<float> dy, int threads) const {
    const Scratch scratch = attempt_.step->scratch(threads);
    Buffer<float> shared = unwritten(scratch.shared);
    Buffer<float> per_thread = unwritten(scratch.per_thread * size(threads));
    std::vector<float> dx(x_.size(), NAN);
    const Pass pass{.batch = images_};
    const ThreadTeam team_size(threads);
    parallel::with_team([&](const Team& team) {
      attempt_.step->backward(
          {.pass = pass,
           .team = team,
           .images = images_,
           .x = x_.data(),
           .y = y.data(),
           .dx = dx.data(),
           .dy = dy.data(),
           .shared = shared.data(),
           .per_thread = per_thread.data() + team.index() * scratch.per_thread});
    });
    const auto values = [](const Tensor& tensor) {
      return std::vector<float>(tensor.values().begin(), tensor.values().end());
    };
    return {values(weight_gradient_), values(bias_gradient_), dx};
  }

  void expect_gradients(const LayerGradients& got, std::vector<float> dy) const {
    std::vector<double> bias(out_);
    for (std::size_t i = 0; i < dy.size(); ++i) bias[i % out_] += dy[i];
    simd::round_to_bfloat16(dy.data(), dy.size());
    std::vector<float> x = x_;
    simd::round_to_bfloat16(x.data(), x.size());
    std::vector<double> weight(out_ * in_);
    std::vector<double> input(x.size());
    for (std::size_t i = 0; i < dy.size(); ++i) {
      const std::size_t image = i / out_ * in_;
      const std::size_t row = i % out_ * in_;
      for (std::size_t k = 0; k < in_; ++k) {
        weight[row + k] += double{dy[i]} * x[image + k];
        input[image + k] += double{dy[i]} * weight_.data()[row + k];
      }
    }
    expect_near(got.weight, weight);
    expect_near(got.bias, bias);
    expect_near(got.input, input);
  }

  std::vector<double> expected() const {
    const std::vector<double> x = rounded(x_, 255, problem_.precision, true);
    const std::vector<double> w =
        rounded({weight_.data(), weight_.data() + out_ * in_}, 127, problem_.precision, false);
    std::vector<double> y;
    for (std::size_t i = 0; i < size(images_) * out_; ++i) {
      double sum = bias_.data()[i % out_];
      for (std::size_t k = 0; k < in_; ++k) sum += x[i / out_ * in_ + k] * w[i % out_ * in_ + k];
      y.push_back(problem_.relu ? std::max(0.0, sum) : sum);
    }
    return y;
  }

 private:
  static void expect_near(const std::vector<float>& got, const std::vector<double>& expected) {
    double largest = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_NEAR(got[i], expected[i], 1e-5 * largest) << i;
    }
  }

  static Buffer<float> unwritten(std::size_t count) {
    Buffer<float> memory(count);
    std::fill_n(memory.data(), count, NAN);
    return memory;
  }

  // Row by row; unsigned between the least and the largest of a row and 0, else to ± `steps`.
  std::vector<double> rounded(std::vector<float> values, float steps, Precision precision,
                              bool is_unsigned) const {
    if (precision == Precision::bf16) {
      simd::round_to_bfloat16(values.data(), values.size());
      return {values.begin(), values.end()};
    }
    std::vector<double> result;
    for (std::size_t row = 0; row < values.size(); row += in_) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row);
      const auto [low, high] = std::minmax_element(begin, begin + static_cast<std::ptrdiff_t>(in_));
      const float least = std::min(0.0F, *low);
      const float largest = std::max(0.0F, *high);
      const float range = is_unsigned ? largest - least : std::max(largest, -least);
      const float scale = range / steps;
      const float factor = range == 0 ? 0.0F : is_unsigned ? 1.0F / scale : steps / range;
      const float zero = is_unsigned && range > 0 ? std::round(-least / range * steps) : 0.0F;
      for (std::size_t k = 0; k < in_; ++k) {
        float byte = std::nearbyint(values[row + k] * factor) + zero;
        if (is_unsigned) byte = std::clamp(byte, 0.0F, steps);
        result.push_back(double{scale} * double{byte - zero});
      }
    }
    return result;
  }

  int images_;
  std::size_t in_;
  std::size_t out_;
  Tensor weight_;
  Tensor bias_;
  Tensor weight_gradient_;
  Tensor bias_gradient_;
  std::vector<float> x_;
  Problem problem_;
  Attempt attempt_;
};

using Parameters = std::tuple<TileUnit, Precision, Case>;

class TileLinear : public testing::TestWithParam<Parameters> {
 protected:
  TileLinear() : unit_(std::get<0>(GetParam())) {}

  const UseTiles unit_;
};

TEST_P(TileLinear, OfRoundedValues) {
  const auto& [unit, precision, test] = GetParam();
  for (const bool relu : {false, true}) {
    TileLayer layer(test, precision, relu);
    ASSERT_TRUE(layer.attempt().step) << layer.attempt().why_not;
    for (float& value : layer.x()) value = relu ? std::max(value, 0.0F) : value + 0.3F;
    const std::vector<double> expected = layer.expected();
    const std::vector<float> y = layer.forward(1);
    double largest = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_NEAR(y[i], expected[i], 1e-5 * largest + 1e-6) << i;
    }
    EXPECT_EQ(layer.forward(2), y);
    EXPECT_EQ(layer.forward(3), y);
  }
}

TEST_P(TileLinear, OfStoredWeightsGivesTheSameBits) {
  const auto& [unit, precision, test] = GetParam();
  TileLayer layer(test, precision, true);
  ASSERT_TRUE(layer.attempt().step) << layer.attempt().why_not;
  const std::vector<float> y = layer.forward(1);
  layer.store();
  EXPECT_EQ(layer.forward(2), y);
}

std::vector<Case> cases() {
  return {{1, 9216, 40},  {1, 1, 1},      {3, 7, 1},     {16, 64, 16},  {17, 65, 33},
          {32, 4096, 10}, {128, 300, 70}, {100, 31, 17}, {2, 640, 1000}};
}

INSTANTIATE_TEST_SUITE_P(Bf16, TileLinear,
                         testing::Combine(testing::ValuesIn(tile_units(Products::bf16)),
                                          testing::Values(Precision::bf16),
                                          testing::ValuesIn(cases())),
                         kCaseName);
INSTANTIATE_TEST_SUITE_P(Bytes, TileLinear,
                         testing::Combine(testing::ValuesIn(tile_units(Products::bytes)),
                                          testing::Values(Precision::int8),
                                          testing::ValuesIn(cases())),
                         kCaseName);

class TileLinearGradients : public testing::TestWithParam<std::tuple<TileUnit, Case>> {
 protected:
  TileLinearGradients() : unit_(std::get<0>(GetParam())) {}

  const UseTiles unit_;
};

TEST_P(TileLinearGradients, OfRoundedValues) {
  const Case& test = std::get<1>(GetParam());
  for (const bool relu : {false, true}) {
    const TileLayer layer(test, Precision::fp32, relu, true);
    const std::vector<float> y = layer.forward(2);
    std::vector<float> dy = normal_floats(y.size(), 8);
    const LayerGradients got = layer.backward(y, dy, 1);
    EXPECT_EQ(layer.backward(y, dy, 2), got);
    EXPECT_EQ(layer.backward(y, dy, 3), got);
    for (std::size_t i = 0; i < dy.size(); ++i) {
      if (relu && y[i] <= 0) dy[i] = 0;
    }
    layer.expect_gradients(got, dy);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, TileLinearGradients,
                         testing::Combine(testing::ValuesIn(tile_units(Products::bf16)),
                                          testing::ValuesIn(std::vector<Case>{{1, 1, 1},
                                                                              {3, 7, 1},
                                                                              {16, 64, 16},
                                                                              {17, 65, 33},
                                                                              {32, 900, 10},
                                                                              {129, 70, 100},
                                                                              {2, 300, 200}})),
                         kCaseName);

// Of one image, and of no other.
TEST(TileLinearNumbers, WhatIsNotFiniteIsSeen) {
  const UseTiles software(TileUnit::software);
  for (const Precision precision : {Precision::bf16, Precision::int8}) {
    for (const float bad : {std::nanf(""), HUGE_VALF}) {
      TileLayer layer({3, 70, 20}, precision, true);
      layer.x()[70 + 69] = bad;
      const std::vector<float> y = layer.forward(2);
      for (std::size_t i = 0; i < y.size(); ++i) {
        if (i / 20 != 1) {
          EXPECT_TRUE(std::isfinite(y[i])) << to_string(precision) << " " << i;
        } else if (precision == Precision::int8 || std::isnan(bad)) {
          EXPECT_TRUE(std::isnan(y[i])) << to_string(precision) << " " << i;
        }
      }
    }
  }
}

TEST(TileLinearNumbers, DeclinesWhatCouldOverflow) {
  const UseTiles software(TileUnit::software);
  EXPECT_EQ(TileLayer({1, 32769, 1}, Precision::int8, false).attempt().why_not,
            "its sums could overflow");
  EXPECT_TRUE(TileLayer({1, 32769, 1}, Precision::bf16, false).attempt().step);
}

}  // namespace
}  // namespace cpu::linear
}  // namespace alexnet
