// Local response normalisation against its formulas in double precision.
#include <cmath>

#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/simd/lrn.h"
#include "support/tolerances.h"

namespace alexnet::cpu {
namespace {

struct Case {
  std::size_t pixels;
  std::size_t channels;
  simd::Lrn lrn;
};

std::vector<Case> cases() {
  const simd::Lrn paper{.reach = 2, .k = 2.0F, .alpha = 1e-4F, .beta = 0.75F};
  const simd::Lrn strong{.reach = 2, .k = 1.0F, .alpha = 0.5F, .beta = 0.75F};
  std::vector<Case> list{{55 * 55, 96, paper}, {27 * 27, 256, paper}, {55 * 55, 64, strong}};
  for (const std::size_t channels : {1U, 2U, 3U, 5U, 15U, 16U, 17U, 31U, 32U, 33U, 67U}) {
    list.push_back({11, channels, strong});
    list.push_back({3, channels, {.reach = 0, .k = 1.0F, .alpha = 1.0F, .beta = 0.75F}});
    list.push_back({8, channels, {.reach = 1, .k = 0.5F, .alpha = 2.0F, .beta = 0.75F}});
    list.push_back({9, channels, {.reach = 4, .k = 1.0F, .alpha = 0.3F, .beta = 1.0F}});
    list.push_back({1, channels, {.reach = 20, .k = 2.0F, .alpha = 0.1F, .beta = 0.6F}});
  }
  // s from 1e-12 to 1e12
  list.push_back({40, 33, {.reach = 2, .k = 1e-12F, .alpha = 1e-12F, .beta = 0.75F}});
  list.push_back({40, 33, {.reach = 2, .k = 1e12F, .alpha = 1e12F, .beta = 0.75F}});
  return list;
}

double window_sum(const std::vector<double>& values, std::size_t pixel, std::size_t c,
                  const Case& test) {
  double sum = 0;
  for (std::size_t j = c - std::min(c, test.lrn.reach);
       j < test.channels && j <= c + test.lrn.reach; ++j) {
    sum += values[pixel * test.channels + j];
  }
  return sum;
}

struct Expected {
  std::vector<double> y;
  std::vector<double> dx;
};

Expected by_definition(const Case& test, const std::vector<float>& x,
                       const std::vector<float>& dy) {
  const double k = test.lrn.k;
  const double alpha = test.lrn.alpha;
  const double beta = test.lrn.beta;
  std::vector<double> squares(x.begin(), x.end());
  for (double& value : squares) value *= value;
  std::vector<double> s(x.size());
  std::vector<double> ratios(x.size());
  Expected expected{.y = std::vector<double>(x.size()), .dx = std::vector<double>(x.size())};
  for (std::size_t i = 0; i < x.size(); ++i) {
    s[i] = k + alpha * window_sum(squares, i / test.channels, i % test.channels, test);
    expected.y[i] = x[i] * std::pow(s[i], -beta);
    ratios[i] = dy[i] * expected.y[i] / s[i];
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double neighbours = window_sum(ratios, i / test.channels, i % test.channels, test);
    expected.dx[i] = dy[i] * std::pow(s[i], -beta) - 2 * alpha * beta * x[i] * neighbours;
  }
  return expected;
}

class NormKernels : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(NormKernels);

TEST_P(NormKernels, AreTheFormulas) {
  for (const Case& test : cases()) {
    const std::size_t size = test.pixels * test.channels;
    const std::vector<float> x = normal_floats(size, 0);
    const std::vector<float> dy = normal_floats(size, 1);
    const Expected expected = by_definition(test, x, dy);
    std::vector<float> scratch(simd::lrn_scratch(test.lrn, test.channels), NAN);
    std::vector<float> y(size);
    std::vector<float> dx(size);
    simd::lrn_forward(test.lrn, test.pixels, test.channels, x.data(), y.data(), scratch.data());
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_NEAR(y[i], expected.y[i], 3e-6 * std::abs(expected.y[i]))
          << test.channels << " channels, reach " << test.lrn.reach << ", beta " << test.lrn.beta;
    }
    simd::lrn_gradient(test.lrn, test.pixels, test.channels, x.data(), dy.data(), dx.data(),
                       scratch.data());
    EXPECT_LT(tolerances::relative_error(dx, expected.dx), 2e-6)
        << test.channels << " channels, reach " << test.lrn.reach << ", beta " << test.lrn.beta;
  }
}

TEST_P(NormKernels, StepDoesNotDependOnTheSplit) {
  expect_independent_of_split(LocalResponseNorm{}, {17, 3, 5});
  expect_independent_of_split(LocalResponseNorm{.size = 9, .beta = 0.5F}, {96, 1, 1});
}

}  // namespace
}  // namespace alexnet::cpu
