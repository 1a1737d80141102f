// Fully-connected layers against plain loops in double precision: forward with each precision, and
// the three gradients, on AlexNet's shapes (fewer outputs, where only time would differ) and on
// awkward ones.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <span>
#include <vector>

#include "core/crew.h"
#include "core/memory.h"
#include "core/threads.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/linear/block_sizes.h"
#include "engine/cpu/linear/columns.h"
#include "engine/cpu/linear/forward.h"
#include "engine/cpu/linear/gradients.h"
#include "engine/cpu/linear/store.h"
#include "engine/cpu/simd/dot.h"

namespace alexnet::cpu::linear {
namespace {

struct Case {
  std::size_t images;
  std::size_t in;
  std::size_t out;
};

std::ostream& operator<<(std::ostream& out, const Case& test) {
  return out << test.images << " images, " << test.in << " -> " << test.out;
}

std::vector<Case> cases() {
  std::vector<Case> all{{1, 9216, 40},  {2, 9216, 33},   {32, 9216, 24}, {128, 4096, 24},
                        {64, 4096, 10}, {1, 4096, 1000}, {1, 1, 1},      {1, 1, 10},
                        {3, 7, 1},      {4, 9215, 10},   {5, 9215, 13},  {1, 9217, 12},
                        {7, 31, 1001},  {13, 100, 11},   {130, 65, 17},  {9, 64, 600},
                        {2, 33000, 3},  {1, 66000, 7},   {64, 47, 1025}};
  RandomStream random({.seed = 7});
  for (int i = 0; i < 30; ++i) {
    all.push_back({1 + random.below(40), 1 + random.below(700), 1 + random.below(300)});
  }
  return all;
}

/// A layer with its numbers. The inputs are those of a ReLU: many zeros.
struct Layer {
  explicit Layer(const Case& test)
      : size(test),
        x(normal_floats(test.images * test.in, 0)),
        weight(normal_floats(test.out * test.in, 1)),
        bias(normal_floats(test.out, 2)),
        dy(normal_floats(test.images * test.out, 3)) {
    for (float& value : x) value = std::max(value, 0.0F);
  }

  Tensor matrix() const {
    const Shape shape{static_cast<std::int64_t>(size.out), static_cast<std::int64_t>(size.in)};
    return stored(Tensor(shape, weight), stored_in);
  }

  Case size;
  Precision stored_in = Precision::fp32;
  std::vector<float> x;
  std::vector<float> weight;
  std::vector<float> bias;
  std::vector<float> dy;
};

/// Threads that can wait for each other.
template <class Call>
void with_team(int threads, const Call& call) {
  const ThreadTeam size(threads);
  parallel::with_team(call);
}

/// Scratch memory full of NaN: a step has to write before it reads.
Buffer<float> unwritten(std::size_t count) {
  Buffer<float> memory(count);
  std::fill_n(memory.data(), count, NAN);
  return memory;
}

std::vector<float> forward(const Layer& layer, Precision precision, bool relu, int threads,
                           const BlockSizes& blocks = block_sizes(processor().caches)) {
  const Case& size = layer.size;
  const Tensor matrix = layer.matrix();
  Forward step({size.in, size.out}, matrix, layer.bias.data(), relu, precision, blocks);
  Buffer<float> shared = unwritten(step.scratch(size.images).shared);
  std::vector<float> y(size.images * size.out, NAN);
  with_team(threads, [&](const Team& team) {
    step.pack(team);
    team.barrier();
    step.run(team, size.images, layer.x.data(), y.data(), shared.data());
  });
  return y;
}

std::vector<float> forward_by_columns(const Layer& layer, Precision precision, bool relu,
                                      int threads) {
  const Case& size = layer.size;
  const Tensor matrix = layer.matrix();
  Columns step({size.in, size.out}, matrix, layer.bias.data(), relu, precision);
  const std::size_t scratch = step.scratch().per_thread;
  Buffer<float> per_thread = unwritten(scratch * static_cast<std::size_t>(threads));
  std::vector<float> y(size.out, NAN);
  with_team(threads, [&](const Team& team) {
    step.pack(team);
    team.barrier();
    step.run(team, layer.x.data(), y.data(), per_thread.data() + team.index() * scratch);
  });
  return y;
}

struct Result {
  std::vector<float> weight;
  std::vector<float> bias;
  std::vector<float> x;
  bool operator==(const Result&) const = default;
};

Result backward(const Layer& layer, const std::vector<float>& y, bool relu, int threads,
                const BlockSizes& blocks = block_sizes(processor().caches)) {
  const Case& size = layer.size;
  const Scratch scratch = gradients_scratch(size.images, {size.in, size.out}, blocks);
  Buffer<float> shared = unwritten(scratch.shared);
  Buffer<float> per_thread = unwritten(scratch.per_thread * static_cast<std::size_t>(threads));
  Result result{.weight = std::vector<float>(layer.weight.size(), NAN),
                .bias = std::vector<float>(size.out, NAN),
                .x = std::vector<float>(layer.x.size(), NAN)};
  with_team(threads, [&](const Team& team) {
    compute({.images = size.images,
             .sizes = {size.in, size.out},
             .weight = layer.weight.data(),
             .x = layer.x.data(),
             .y = relu ? y.data() : nullptr,
             .dy = layer.dy.data(),
             .dx = result.x.data(),
             .weight_gradient = result.weight.data(),
             .bias_gradient = result.bias.data()},
            team, blocks, shared.data(), per_thread.data() + team.index() * scratch.per_thread);
  });
  return result;
}

double square(double value) {
  return value * value;
}

double largest_magnitude(std::span<const float> values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(double{value}));
  return largest;
}

void expect_near(std::span<const float> actual, std::span<const double> expected, double relative) {
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], relative * largest + 1e-7) << "element " << i;
  }
}

std::vector<double> plain_forward(const Layer& layer, std::span<const float> weight, bool relu) {
  const auto [images, in, out] = layer.size;
  std::vector<double> y(images * out);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const float* const x = layer.x.data() + i / out * in;
    const float* const w = weight.data() + i % out * in;
    double sum = layer.bias[i % out];
    for (std::size_t k = 0; k < in; ++k) sum += double{x[k]} * double{w[k]};
    y[i] = relu ? std::max(sum, 0.0) : sum;
  }
  return y;
}

/// The value of an IEEE half that is neither infinite nor NaN.
float value_of(simd::Half half) {
  const int exponent = half.bits >> 10U & 31;
  const int mantissa = half.bits & 1023;
  const float magnitude = exponent == 0
                              ? std::ldexp(static_cast<float>(mantissa), -24)
                              : std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
  return (half.bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

/// To the nearest half, or in plain code the next towards zero.
std::vector<float> as_halves(const std::vector<float>& values) {
  std::vector<simd::Half> halves(values.size());
  simd::narrow(values.data(), values.size(), 1.0F, halves.data());
  std::vector<float> rounded(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    rounded[i] = value_of(halves[i]);
    EXPECT_NEAR(rounded[i], values[i], std::abs(values[i]) / 1024 + 1e-7F);
  }
  return rounded;
}

std::vector<float> as_bfloats(std::vector<float> values) {
  simd::round_to_bfloat16(values.data(), values.size());
  return values;
}

/// To the nearest of 255 steps of a row.
std::vector<float> as_bytes(const std::vector<float>& values, std::size_t depth) {
  std::vector<float> rounded(values.size());
  std::vector<std::int8_t> bytes(simd::stored_depth(depth));
  for (std::size_t row = 0; row < values.size(); row += depth) {
    const float step = simd::to_bytes(values.data() + row, depth, bytes.data());
    for (std::size_t k = 0; k < depth; ++k) {
      rounded[row + k] = step * static_cast<float>(bytes[k]);
      EXPECT_NEAR(rounded[row + k], values[row + k], 0.501F * step);
    }
  }
  return rounded;
}

class LinearKernels : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(LinearKernels);

TEST_P(LinearKernels, Forward) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message() << test);
    const Layer layer(test);
    for (const bool relu : {false, true}) {
      expect_near(forward(layer, Precision::fp32, relu, 2),
                  plain_forward(layer, layer.weight, relu), 1e-5);
    }
  }
}

TEST_P(LinearKernels, ForwardWithHalves) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message() << test);
    const Layer layer(test);
    expect_near(forward(layer, Precision::fp16, true, 2),
                plain_forward(layer, as_halves(layer.weight), true), 1e-5);
  }
}

TEST_P(LinearKernels, ForwardWithBfloats) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message() << test);
    const Layer layer(test);
    expect_near(forward(layer, Precision::bf16, true, 2),
                plain_forward(layer, as_bfloats(layer.weight), true), 1e-5);
  }
}

std::vector<Case> cases_of_columns() {
  std::vector<Case> all{{1, 9216, 100}, {1, 4096, 1000}, {1, 1, 64},
                        {1, 65536, 64}, {1, 7, 129},     {1, 100, 1}};
  RandomStream random({.seed = 8});
  for (int i = 0; i < 20; ++i) all.push_back({1, 1 + random.below(700), 1 + random.below(300)});
  return all;
}

TEST_P(LinearKernels, ColumnsOfHalves) {
  for (const Case& test : cases_of_columns()) {
    SCOPED_TRACE(testing::Message() << test);
    const Layer layer(test);
    for (const bool relu : {false, true}) {
      expect_near(forward_by_columns(layer, Precision::fp16, relu, 2),
                  plain_forward(layer, as_halves(layer.weight), relu), 1e-5);
    }
  }
}

TEST_P(LinearKernels, ColumnsOfBfloats) {
  for (const Case& test : cases_of_columns()) {
    SCOPED_TRACE(testing::Message() << test);
    const Layer layer(test);
    expect_near(forward_by_columns(layer, Precision::bf16, false, 2),
                plain_forward(layer, as_bfloats(layer.weight), false), 1e-5);
  }
}

// x is not rounded: the same bytes of a row are multiplied with it as it is.
TEST_P(LinearKernels, ColumnsOfBytes) {
  for (const Case& test : cases_of_columns()) {
    SCOPED_TRACE(testing::Message() << test);
    const Layer layer(test);
    expect_near(forward_by_columns(layer, Precision::int8, false, 2),
                plain_forward(layer, as_bytes(layer.weight, test.in), false), 1e-5);
  }
}

TEST_P(LinearKernels, ColumnsOfAnyShareOfZeros) {
  Layer layer({.images = 1, .in = 500, .out = 200});
  for (const std::size_t nonzero : {0U, 1U, 7U, 8U, 9U, 499U, 500U}) {
    SCOPED_TRACE(nonzero);
    for (std::size_t k = 0; k < layer.x.size(); ++k) {
      layer.x[k] = k * 77 % 500 < nonzero ? static_cast<float>(k) - 250.5F : 0.0F;
    }
    expect_near(forward_by_columns(layer, Precision::fp16, false, 3),
                plain_forward(layer, as_halves(layer.weight), false), 1e-5);
  }
}

// What is not finite must be seen, or it would be taken for an answer.
TEST_P(LinearKernels, ColumnsPassOnWhatIsNotFinite) {
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    for (const std::size_t at : {0U, 31U, 99U}) {
      Layer layer({.images = 1, .in = 100, .out = 70});
      layer.x[at] = bad;
      for (const Precision precision : {Precision::fp16, Precision::bf16, Precision::int8}) {
        for (const float y : forward_by_columns(layer, precision, false, 1)) {
          EXPECT_FALSE(std::isfinite(y)) << bad << " at " << at;
        }
      }
    }
  }
  Layer layer({.images = 1, .in = 100, .out = 70});
  std::ranges::fill(layer.x, 1.0F);
  layer.weight[100] = std::nanf("");
  EXPECT_TRUE(std::isnan(forward_by_columns(layer, Precision::int8, false, 1)[1]));
  EXPECT_TRUE(std::isnan(forward_by_columns(layer, Precision::bf16, false, 1)[1]));
  if (GetParam() == SimdLevel::none) return;  // Highway's plain code makes a NaN a finite half
  EXPECT_TRUE(std::isnan(forward_by_columns(layer, Precision::fp16, false, 1)[1]));
}

TEST_P(LinearKernels, ColumnsSayWhyNot) {
  EXPECT_EQ(Columns::why_not({65536, 800}), "");
  EXPECT_NE(Columns::why_not({65537, 800}), "");
  EXPECT_NE(Columns::why_not({65536, 799}), "");
}

// Rounding to steps of s is wrong by s / sqrt(12) (rms), independently from element to element; six
// standard deviations of the sum are allowed.
TEST_P(LinearKernels, ForwardWithBytes) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message() << test);
    const auto [images, in, out] = test;
    const Layer layer(test);
    const std::vector<double> expected = plain_forward(layer, layer.weight, false);
    const std::vector<float> y = forward(layer, Precision::int8, false, 2);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::span x(layer.x.data() + i / out * in, in);
      const std::span w(layer.weight.data() + i % out * in, in);
      const double x_step = largest_magnitude(x) / 4095;
      const double w_step = largest_magnitude(w) / 127;
      double variance = 0;
      for (std::size_t k = 0; k < in; ++k) {
        variance += (square(double{x[k]} * w_step) + square(double{w[k]} * x_step)) / 12;
      }
      ASSERT_NEAR(y[i], expected[i], 6 * std::sqrt(variance) + 1e-6 * std::abs(expected[i]) + 1e-7)
          << "element " << i;
    }
  }
}

// The integers at their largest, and all of one sign: sums that would overflow if they were not
// cut.
TEST_P(LinearKernels, LargestBytes) {
  Layer layer({.images = 5, .in = 40000, .out = 9});
  std::ranges::fill(layer.x, 2.0F);
  std::ranges::fill(layer.weight, -0.5F);
  std::ranges::fill(layer.bias, 0.0F);
  for (const float y : forward(layer, Precision::int8, false, 1)) EXPECT_NEAR(y, -40000.0F, 0.1F);
}

TEST_P(LinearKernels, ZerosAsBytes) {
  Layer layer({.images = 2, .in = 100, .out = 9});
  std::ranges::fill(layer.x, 0.0F);
  std::ranges::fill(layer.weight, 0.0F);
  const std::vector<float> y = forward(layer, Precision::int8, false, 1);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], layer.bias[i % 9]);
}

void check_gradients(const Layer& layer, bool relu) {
  const auto [images, in, out] = layer.size;
  const std::vector<float> y = forward(layer, Precision::fp32, relu, 1);
  std::vector<double> weight(out * in);
  std::vector<double> bias(out);
  std::vector<double> x(images * in);
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (relu && y[i] <= 0.0F) continue;
    const std::size_t image = i / out;
    const std::size_t row = i % out;
    const double dy = layer.dy[i];
    bias[row] += dy;
    for (std::size_t k = 0; k < in; ++k) {
      weight[row * in + k] += dy * double{layer.x[image * in + k]};
      x[image * in + k] += dy * double{layer.weight[row * in + k]};
    }
  }
  const Result result = backward(layer, y, relu, 2);
  expect_near(result.weight, weight, 1e-5);
  expect_near(result.bias, bias, 1e-5);
  expect_near(result.x, x, 1e-5);
}

TEST_P(LinearKernels, Gradients) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message() << test);
    const Layer layer(test);
    check_gradients(layer, false);
    check_gradients(layer, true);
  }
}

// How products are cut follows from the caches; what they compute must not.
TEST_P(LinearKernels, SameBitsOnAnyCaches) {
  const std::vector<Caches> all{{.l1d = 8 << 10, .l2 = 64 << 10},
                                {.l1d = 32 << 10, .l2 = 512 << 10},
                                {.l1d = 48 << 10, .l2 = 2 << 20},
                                {.l1d = 128 << 10, .l2 = 16 << 20}};
  for (const Case& test : {Case{64, 9216, 40}, Case{100, 4096, 300}, Case{17, 1000, 1200}}) {
    SCOPED_TRACE(testing::Message() << test);
    Layer layer(test);
    const std::vector<float> y = forward(layer, Precision::fp32, true, 2);
    const std::vector<float> bytes = forward(layer, Precision::int8, true, 2);
    const Result dense = backward(layer, y, false, 2);
    const Result sparse = backward(layer, y, true, 2);
    for (const Caches& caches : all) {
      SCOPED_TRACE(testing::Message() << caches.l1d << ", " << caches.l2 << " bytes");
      const BlockSizes blocks = block_sizes(caches);
      EXPECT_EQ(forward(layer, Precision::fp32, true, 2, blocks), y);
      EXPECT_EQ(forward(layer, Precision::int8, true, 2, blocks), bytes);
      EXPECT_EQ(backward(layer, y, false, 2, blocks), dense);
      EXPECT_EQ(backward(layer, y, true, 2, blocks), sparse);
    }
  }
}

TEST_P(LinearKernels, SameBitsForAnyTeam) {
  for (const Case& test : {Case{1, 9216, 50}, Case{6, 1000, 97}, Case{64, 300, 100}}) {
    SCOPED_TRACE(testing::Message() << test);
    const Layer layer(test);
    for (const Precision precision :
         {Precision::fp32, Precision::fp16, Precision::bf16, Precision::int8}) {
      const std::vector<float> y = forward(layer, precision, true, 1);
      for (const int threads : {1, 2, 3}) EXPECT_EQ(forward(layer, precision, true, threads), y);
    }
    const std::vector<float> y = forward(layer, Precision::fp32, true, 1);
    const Result gradients = backward(layer, y, true, 1);
    for (const int threads : {1, 2, 3}) EXPECT_EQ(backward(layer, y, true, threads), gradients);
  }
  const Layer layer({.images = 1, .in = 1000, .out = 300});
  for (const Precision precision : {Precision::fp16, Precision::bf16, Precision::int8}) {
    const std::vector<float> y = forward_by_columns(layer, precision, true, 1);
    for (const int threads : {2, 3, 4}) {
      EXPECT_EQ(forward_by_columns(layer, precision, true, threads), y);
    }
  }
}

TEST(StoredWeights, ComputeTheSameBitsAsTheFloatsThatTheyWereRoundedFrom) {
  for (const Case& test : {Case{1, 4096, 1000}, Case{3, 67, 13}, Case{1, 1, 1}}) {
    for (const Precision precision : {Precision::fp16, Precision::bf16, Precision::int8}) {
      Layer layer(test);
      const auto rows = forward(layer, precision, true, 2);
      const bool has_columns = Columns::why_not({test.in, test.out}).empty();
      const auto columns =
          has_columns ? forward_by_columns(layer, precision, true, 2) : std::vector<float>();
      layer.stored_in = precision;
      EXPECT_EQ(layer.matrix().stored()->precision, precision);
      EXPECT_EQ(forward(layer, precision, true, 2), rows) << test << ' ' << to_string(precision);
      if (has_columns) {
        EXPECT_EQ(forward_by_columns(layer, precision, true, 2), columns);
      }
    }
  }
}

TEST(StoredWeights, OfAnotherPrecisionAreWidenedFirst) {
  Layer layer({2, 100, 7});
  layer.stored_in = Precision::fp16;
  const auto direct = forward(layer, Precision::int8, false, 1);
  const Tensor widened = layer.matrix().clone();
  layer.weight.assign(widened.values().begin(), widened.values().end());
  layer.stored_in = Precision::fp32;
  EXPECT_EQ(forward(layer, Precision::int8, false, 1), direct);
}

TEST(StoredWeights, BeyondHalvesAreSaid) {
  EXPECT_EQ(why_not_halves(Tensor({1, 2}, std::vector<float>{1, -65504})), "");
  EXPECT_THAT(why_not_halves(Tensor({1, 2}, std::vector<float>{1, -65505})),
              testing::HasSubstr("reach 6.55e+04"));
  EXPECT_NE(why_not_halves(Tensor({1, 2}, std::vector<float>{1, -40000}), 4), "");
  EXPECT_NE(why_not_halves(Tensor({1, 1}, std::vector<float>{1e-5F})), "");
}

}  // namespace
}  // namespace alexnet::cpu::linear
