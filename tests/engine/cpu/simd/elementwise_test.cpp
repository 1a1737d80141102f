// The kernels that work element by element or row by row, against plain loops.
#include <algorithm>
#include <cmath>

#include "engine/common/dropout_key.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/layers/loss.h"
#include "engine/cpu/simd/dropout.h"
#include "engine/cpu/simd/elementwise.h"
#include "engine/cpu/simd/relu_gradient.h"

namespace alexnet::cpu {
namespace {

const std::vector<std::size_t> kCounts{0, 1, 3, 15, 16, 17, 31, 32, 33, 67, 1000, 4096};

class ElementwiseKernels : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(ElementwiseKernels);

TEST_P(ElementwiseKernels, ReluAndItsMask) {
  for (const std::size_t count : kCounts) {
    const std::vector<float> x = normal_floats(count, 0);
    std::vector<float> y = x;
    std::vector<float> dy = normal_floats(count, 1);
    std::vector<float> expected_y = x;
    std::vector<float> expected_dy = dy;
    for (std::size_t i = 0; i < count; ++i) {
      expected_y[i] = std::max(x[i], 0.0F);
      if (x[i] <= 0.0F) expected_dy[i] = 0.0F;
    }
    simd::relu(y.data(), y.data(), count);
    EXPECT_EQ(y, expected_y);
    std::vector<float> dy_by_team = dy;
    simd::mask(dy.data(), y.data(), count);
    EXPECT_EQ(dy, expected_dy);
    simd::mask_relu_gradient(dy_by_team.data(), y.data(), count);
    EXPECT_EQ(dy_by_team, expected_dy);
  }
}

void check_mask_and_sum(std::size_t pixels, std::size_t channels, bool relu) {
  SCOPED_TRACE(testing::Message() << pixels << " pixels of " << channels);
  const std::vector<float> y = normal_floats(pixels * channels, 0);
  std::vector<float> dy = normal_floats(pixels * channels, 1);
  for (float& value : dy) value += 1.0F;  // so that the sums grow
  std::vector<float> sums(channels, 3.0F);
  std::vector<float> expected_dy = dy;
  std::vector<double> expected_sums(channels, 3.0);
  for (std::size_t i = 0; i < dy.size(); ++i) {
    if (relu && y[i] <= 0.0F) expected_dy[i] = 0.0F;
    expected_sums[i % channels] += static_cast<double>(expected_dy[i]);
  }
  simd::mask_and_sum(dy.data(), relu ? y.data() : nullptr, pixels, channels, sums.data());
  EXPECT_EQ(dy, expected_dy);
  for (std::size_t c = 0; c < channels; ++c) {
    EXPECT_NEAR(sums[c], expected_sums[c], 1e-6 * static_cast<double>(pixels) + 1e-6);
  }
}

TEST_P(ElementwiseKernels, MaskAndSum) {
  for (const bool relu : {false, true}) {
    check_mask_and_sum(4 * 55 * 55, 64, relu);
    check_mask_and_sum(27 * 27, 192, relu);
    check_mask_and_sum(169, 384, relu);
    check_mask_and_sum(513, 1, relu);
    check_mask_and_sum(256, 17, relu);
    check_mask_and_sum(1, 67, relu);
    check_mask_and_sum(300, 270, relu);
    check_mask_and_sum(0, 3, relu);
  }
}

TEST_P(ElementwiseKernels, TransposeInParts) {
  struct Case {
    std::size_t images, rows, columns;
  };
  for (const auto& [images, rows, columns] :
       {Case{3, 36, 256}, Case{3, 256, 36}, Case{2, 1, 5}, Case{2, 5, 1}, Case{3, 4, 4},
        Case{2, 7, 13}, Case{1, 67, 17}, Case{2, 16, 3}}) {
    const std::vector<float> from = normal_floats(images * rows * columns, 0);
    std::vector<float> expected(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::size_t row = i / columns % rows;
      expected[i / (rows * columns) * rows * columns + i % columns * rows + row] = from[i];
    }
    const std::size_t count = images * columns;
    for (std::size_t parts = 1; parts <= 3; ++parts) {
      std::vector<float> to(from.size());
      for (std::size_t i = 0; i < parts; ++i) {
        simd::transpose(from.data(), rows, columns, {count * i / parts, count * (i + 1) / parts},
                        to.data());
      }
      EXPECT_EQ(to, expected) << images << " of " << rows << "x" << columns;
    }
  }
}

TEST_P(ElementwiseKernels, DropoutDrawsTheNumbersOfRandomBlock) {
  const RandomKey key{
      .seed = 0x123456789abcdefU, .purpose = Purpose::dropout, .major = 77, .minor = 16};
  for (const float probability : {0.5F, 0.1F, 0.9999999F, 1e-9F, 0x1p-24F}) {
    for (const std::size_t first : {0U, 1U, 2U, 3U, 4U, 9215U, 36863U}) {
      for (const std::size_t count : kCounts) {
        std::vector<std::uint8_t> expected;
        for (std::size_t i = first; i < first + count; ++i) {
          const auto block = random_block(key, static_cast<std::uint32_t>(i / 4));
          expected.push_back(to_unit_float(block[i % 4]) >= probability ? 1 : 0);
        }
        std::vector<std::uint8_t> kept(count, 9);
        simd::draw_kept(key, probability, first, count, kept.data());
        ASSERT_EQ(kept, expected) << probability << ", " << count << " from " << first;
      }
    }
  }
}

TEST_P(ElementwiseKernels, DropoutKeepsWhatTheStreamSays) {
  constexpr int kBatch = 3;
  LayerRun run(Dropout{0.3F}, {67, 1, 1}, kBatch, true);
  const std::vector<float> dy = run.dy;
  run.forward({1, {kBatch}});
  run.backward(1);
  const RandomKey key = dropout_key(LayerRun::kSeed, LayerRun::kStep, LayerRun::kLayer);
  for (std::size_t i = 0; i < run.y.size(); ++i) {
    const auto block = random_block(key, static_cast<std::uint32_t>(i / 4));
    const bool kept = to_unit_float(block[i % 4]) >= 0.3F;
    EXPECT_FLOAT_EQ(run.y[i], kept ? run.x[i] / 0.7F : 0.0F);
    EXPECT_FLOAT_EQ(run.dx[i], kept ? dy[i] / 0.7F : 0.0F);
  }
}

TEST_P(ElementwiseKernels, StepsDoNotDependOnTheSplit) {
  expect_independent_of_split(Dropout{0.5F}, {67, 1, 1}, true);
  expect_independent_of_split(Relu{}, {17, 3, 5}, true);
  expect_independent_of_split(Flatten{}, {17, 3, 5});
  expect_independent_of_split(Flatten{}, {256, 6, 6});
}

std::vector<double> log_softmax_by_definition(const std::vector<float>& x, std::size_t classes) {
  std::vector<double> y;
  for (std::size_t start = 0; start < x.size(); start += classes) {
    const double largest =
        *std::max_element(x.begin() + static_cast<std::ptrdiff_t>(start),
                          x.begin() + static_cast<std::ptrdiff_t>(start + classes));
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(x[start + c] - largest);
    for (std::size_t c = 0; c < classes; ++c) y.push_back(x[start + c] - largest - std::log(sum));
  }
  return y;
}

TEST_P(ElementwiseKernels, LogSoftmax) {
  for (const float scale : {0.01F, 1.0F, 20.0F, 1000.0F}) {
    for (const std::size_t classes : {1U, 2U, 10U, 16U, 17U, 1000U, 21841U}) {
      constexpr std::size_t kRows = 7;
      std::vector<float> x = normal_floats(kRows * classes, 0);
      for (float& value : x) value *= scale;
      const std::vector<double> expected = log_softmax_by_definition(x, classes);
      for (int threads = 1; threads <= 3; ++threads) {
        std::vector<float> y(x.size());
        const ThreadTeam size(threads);
        parallel::with_team(
            [&](const Team& team) { log_softmax(team, x.data(), kRows, classes, y.data()); });
        for (std::size_t i = 0; i < y.size(); ++i) {
          ASSERT_NEAR(y[i], expected[i], 1e-6 * std::max(1.0, std::abs(expected[i])))
              << classes << " classes";
        }
      }
    }
  }
}

void check_cross_entropy(std::size_t classes, float smoothing) {
  constexpr std::size_t kRows = 6;
  const std::vector<std::int32_t> labels{0, static_cast<std::int32_t>(classes) - 1,
                                         static_cast<std::int32_t>(classes / 2), 0};
  const std::vector<float> logits = normal_floats(kRows * classes, 0);
  std::vector<float> log_p(logits.size());
  log_softmax(Team(), logits.data(), kRows, classes, log_p.data());
  std::vector<float> gradient(logits.size(), 5.0F);
  const StepResult result = cross_entropy(log_p.data(), labels, static_cast<int>(labels.size()),
                                          kRows, classes, smoothing, gradient.data());
  double loss = 0;
  int correct = 0;
  for (std::size_t row = 0; row < kRows; ++row) {
    const std::size_t start = row * classes;
    const auto begin = log_p.begin() + static_cast<std::ptrdiff_t>(start);
    for (std::size_t c = 0; c < classes; ++c) {
      if (row >= labels.size()) {
        EXPECT_EQ(gradient[start + c], 0.0F);
        continue;
      }
      const auto label = static_cast<std::size_t>(labels[row]);
      const double p = log_p[start + c];
      const double target = smoothing / static_cast<double>(classes) +
                            (c == label ? 1.0 - static_cast<double>(smoothing) : 0.0);
      loss -= target * p / static_cast<double>(labels.size());
      EXPECT_NEAR(gradient[start + c], (std::exp(p) - target) / 4.0, 1e-7);
      if (c == label && std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes)) ==
                            begin + static_cast<std::ptrdiff_t>(label)) {
        ++correct;
      }
    }
  }
  EXPECT_NEAR(result.loss, loss, 1e-6 * loss);
  EXPECT_EQ(result.correct, correct);
}

TEST_P(ElementwiseKernels, CrossEntropy) {
  for (const float smoothing : {0.0F, 0.1F}) {
    for (const std::size_t classes : {2U, 3U, 10U, 17U, 1000U})
      check_cross_entropy(classes, smoothing);
  }
}

TEST_P(ElementwiseKernels, OnlyTheFirstOfEqualLogitsIsThePrediction) {
  const std::vector<float> log_p(2 * 20, -3.0F);
  std::vector<float> gradient(log_p.size());
  const std::vector<std::int32_t> labels{0, 7};
  EXPECT_EQ(cross_entropy(log_p.data(), labels, 2, 2, 20, 0.0F, gradient.data()).correct, 1);
}

}  // namespace
}  // namespace alexnet::cpu
