// Max pooling and adaptive average pooling against their definitions.
#include <algorithm>

#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/simd/pool.h"
#include "support/guarded_floats.h"
#include "support/tolerances.h"

namespace alexnet::cpu {
namespace {

using simd::Pool;

struct Case {
  std::size_t images;
  Pool pool;
};

Case make_case(std::size_t images, std::size_t height, std::size_t width, std::size_t channels,
               std::size_t kernel, std::size_t stride, std::size_t overhang = 0) {
  return {images,
          {.kernel = kernel,
           .stride = stride,
           .channels = channels,
           .in_height = height,
           .in_width = width,
           .out_height = (height + overhang - kernel) / stride + 1,
           .out_width = (width + overhang - kernel) / stride + 1}};
}

std::vector<Case> cases() {
  std::vector<Case> list{make_case(2, 55, 55, 64, 3, 2),  make_case(2, 27, 27, 192, 3, 2),
                         make_case(2, 13, 13, 256, 3, 2), make_case(1, 55, 55, 96, 3, 2),
                         make_case(3, 7, 7, 192, 3, 2),   make_case(3, 3, 3, 256, 3, 2),
                         make_case(2, 15, 15, 17, 3, 2),  make_case(1, 1, 1, 3, 1, 1),
                         make_case(2, 8, 11, 1, 2, 3),    make_case(2, 8, 9, 67, 2, 2),
                         make_case(2, 8, 10, 5, 3, 2, 1), make_case(1, 6, 6, 33, 3, 2, 1),
                         make_case(2, 9, 9, 16, 5, 1),    make_case(1, 4, 4, 2, 4, 3, 2),
                         make_case(1, 20, 17, 3, 15, 1),  make_case(2, 10, 7, 31, 2, 5),
                         make_case(1, 2, 2, 40, 3, 2, 1)};
  RandomStream random({.seed = 11});
  for (int i = 0; i < 20; ++i) {
    const std::size_t kernel = 1 + random.below(5);
    const std::size_t stride = 1 + random.below(5);
    list.push_back(make_case(1 + random.below(3), kernel + random.below(12),
                             kernel + random.below(12), 1 + random.below(70), kernel, stride,
                             random.below(static_cast<std::uint32_t>(std::min(kernel, stride)))));
  }
  return list;
}

// Small whole numbers: many ties, exact sums.
std::vector<float> whole_numbers(std::size_t count, std::uint32_t stream) {
  std::vector<float> values(count);
  RandomStream random({.seed = 3, .minor = stream});
  for (float& value : values) value = static_cast<float>(random.below(5)) - 2.0F;
  return values;
}

struct Sizes {
  std::size_t in;
  std::size_t out;
  std::size_t in_rows;
  std::size_t out_rows;

  explicit Sizes(const Case& test)
      : in(test.images * test.pool.in_height * test.pool.in_width * test.pool.channels),
        out(test.images * test.pool.out_height * test.pool.out_width * test.pool.channels),
        in_rows(test.images * test.pool.in_height),
        out_rows(test.images * test.pool.out_height) {}
};

/// Of each output, where in x its largest element is: the first, in rows.
std::vector<std::size_t> sources(const Case& test, const std::vector<float>& x) {
  const Pool& p = test.pool;
  std::vector<std::size_t> list;
  for (std::size_t row = 0; row < test.images * p.out_height; ++row) {
    const std::size_t image = row / p.out_height * p.in_height;
    const std::size_t top = row % p.out_height * p.stride;
    for (std::size_t left = 0; left < p.out_width * p.stride; left += p.stride) {
      for (std::size_t c = 0; c < p.channels; ++c) {
        std::size_t best = ((image + top) * p.in_width + left) * p.channels + c;
        for (std::size_t i = top; i < std::min(top + p.kernel, p.in_height); ++i) {
          for (std::size_t j = left; j < std::min(left + p.kernel, p.in_width); ++j) {
            const std::size_t at = ((image + i) * p.in_width + j) * p.channels + c;
            if (x[at] > x[best]) best = at;
          }
        }
        list.push_back(best);
      }
    }
  }
  return list;
}

class PoolKernels : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(PoolKernels);

TEST_P(PoolKernels, TakeTheLargestAndTheFirstOfEquals) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message()
                 << test.pool.in_height << "x" << test.pool.in_width << "x" << test.pool.channels
                 << ", kernel " << test.pool.kernel << ", stride " << test.pool.stride);
    const Sizes sizes(test);
    const std::vector<float> x = whole_numbers(sizes.in, 0);
    const std::vector<float> dy = whole_numbers(sizes.out, 1);
    const std::vector<std::size_t> from = sources(test, x);
    std::vector<float> expected_y;
    std::vector<float> expected_dx(sizes.in, 0.0F);
    for (std::size_t i = 0; i < sizes.out; ++i) {
      expected_y.push_back(x[from[i]]);
      expected_dx[from[i]] += dy[i];
    }
    std::vector<float> y(sizes.out);
    simd::max_pool(test.pool, {0, sizes.out_rows}, x.data(), y.data());
    EXPECT_EQ(y, expected_y);
    std::vector<float> noted(sizes.out);
    std::vector<std::uint8_t> places(sizes.out);
    simd::max_pool(test.pool, {0, sizes.out_rows}, x.data(), noted.data(), places.data());
    EXPECT_EQ(noted, expected_y);
    std::vector<float> dx(sizes.in, 7.0F);
    simd::max_pool_gradient(test.pool, {0, sizes.in_rows}, dy.data(), places.data(), dx.data());
    EXPECT_EQ(dx, expected_dx);
  }
}

// Behind a row lies what another thread works on, or nothing at all.
TEST_P(PoolKernels, TouchNothingBehindTheirRows) {
  const float half = 0.5F;
  const simd::Taps taps{.begin = 0, .count = 1, .weights = &half};
  for (std::size_t channels = 1; channels < 40; ++channels) {
    const test::GuardedFloats x(channels);
    const test::GuardedFloats y(channels);
    std::ranges::fill(x.values(), 8.0F);
    simd::weighted_sum(x.data(), 1, channels, taps, taps, y.data());
    EXPECT_EQ(std::ranges::count(y.values(), 2.0F), static_cast<std::ptrdiff_t>(channels));
  }
}

TEST_P(PoolKernels, StepsDoNotDependOnTheSplit) {
  expect_independent_of_split(MaxPool{}, {17, 13, 13});
  expect_independent_of_split(MaxPool{.ceil_mode = true}, {64, 6, 8});
  expect_independent_of_split(MaxPool{.kernel = 2, .stride = 3}, {3, 8, 8});
  expect_independent_of_split(AdaptiveAvgPool{6, 6}, {17, 13, 9});
  expect_independent_of_split(AdaptiveAvgPool{6, 6}, {256, 1, 1});
}

TEST(MaxPoolStep, LeavesTrainingWithLargeWindowsToTheNext) {
  Problem problem;
  problem.info.input = {3, 20, 20};
  problem.info.output = {3, 3, 3};
  problem.training = true;
  problem.batches = {1};
  const MaxPool large{.kernel = 16, .stride = 2};
  const Attempt attempt = implementations(large).front().make(large, problem);
  EXPECT_EQ(attempt.step, nullptr);
  EXPECT_NE(attempt.why_not, "");
  problem.training = false;
  EXPECT_NE(implementations(large).front().make(large, problem).step, nullptr);
}

/// The mean of every window, and each input's share of the gradient, in doubles.
void check_adaptive_pool(const Shape& input, int out) {
  SCOPED_TRACE(testing::Message() << to_string(input) << " to " << out);
  constexpr int kBatch = 2;
  LayerRun run(AdaptiveAvgPool{out, out}, input, kBatch);
  run.forward({1, {kBatch}});
  run.backward(1);
  const auto channels = static_cast<std::size_t>(input[0]);
  const auto height = static_cast<std::size_t>(input[1]);
  const auto width = static_cast<std::size_t>(input[2]);
  const auto size = static_cast<std::size_t>(out);
  std::vector<double> y(run.y.size());
  std::vector<double> dx(run.dx.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t c = i % channels;
    const std::size_t ox = i / channels % size;
    const std::size_t oy = i / channels / size % size;
    const std::size_t n = i / channels / size / size;
    const std::size_t top = oy * height / size;
    const std::size_t bottom = ((oy + 1) * height + size - 1) / size;
    const std::size_t left = ox * width / size;
    const std::size_t right = ((ox + 1) * width + size - 1) / size;
    const double share = 1.0 / static_cast<double>((bottom - top) * (right - left));
    for (std::size_t iy = top; iy < bottom; ++iy) {
      for (std::size_t ix = left; ix < right; ++ix) {
        const std::size_t at = ((n * height + iy) * width + ix) * channels + c;
        y[i] += share * run.x[at];
        dx[at] += share * run.dy[i];
      }
    }
  }
  EXPECT_LT(tolerances::relative_error(run.y, y), 1e-6);
  EXPECT_LT(tolerances::relative_error(run.dx, dx), 1e-6);
}

TEST_P(PoolKernels, AdaptivePoolIsTheMeanOfItsWindows) {
  check_adaptive_pool({256, 1, 1}, 6);
  check_adaptive_pool({256, 13, 13}, 6);
  check_adaptive_pool({64, 7, 7}, 6);
  check_adaptive_pool({17, 4, 5}, 6);
  check_adaptive_pool({1, 12, 12}, 6);
  check_adaptive_pool({67, 5, 9}, 1);
  check_adaptive_pool({3, 2, 31}, 7);
}

}  // namespace
}  // namespace alexnet::cpu
