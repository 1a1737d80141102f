// Winograd convolutions and their weight gradients against plain loops in double precision, and the
// tile plans behind them.
#include <alexnet/random.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/crew.h"
#include "core/memory.h"
#include "core/threads.h"
#include "engine/cpu/conv/winograd/convolution.h"
#include "engine/cpu/conv/winograd/weight_gradient.h"
#include "support/case_name.h"
#include "support/simd_levels.h"

namespace alexnet::cpu::winograd {
namespace {

struct Problem2d {
  std::size_t images, height, width, depth, lanes, groups, taps, padding;

  Maps maps() const {
    return {.in_height = height,
            .in_width = width,
            .in_channels = depth * groups,
            .out_height = height + 2 * padding + 1 - taps,
            .out_width = width + 2 * padding + 1 - taps,
            .out_channels = lanes * groups,
            .padding = padding};
  }
  Conv conv() const {
    return {.out_channels = static_cast<int>(lanes * groups),
            .kernel = static_cast<int>(taps),
            .padding = static_cast<int>(padding),
            .groups = static_cast<int>(groups)};
  }
  Filter filter() const { return forward_filter(conv(), depth * groups); }
  std::size_t weights() const { return groups * lanes * depth * taps * taps; }
};

void PrintTo(const Problem2d& p, std::ostream* out) {
  *out << p.images << "x" << p.height << "x" << p.width << ", " << p.groups << " groups of "
       << p.depth << " to " << p.lanes << ", taps " << p.taps << ", padding " << p.padding;
}

Buffer<float> random_values(std::size_t count, std::uint32_t stream) {
  Buffer<float> values(count);
  fill_uniform({values.data(), count}, {.seed = 5, .minor = stream}, -1.0F, 1.0F);
  return values;
}

// Calls visit(x index, weight index, y index) for every product of the convolution.
template <class Visit>
void for_each_product(const Problem2d& p, const Visit& visit) {
  const Maps maps = p.maps();
  for (std::size_t n = 0; n < p.images; ++n) {
    for (std::size_t i = 0; i < maps.out_height * maps.out_width; ++i) {
      for (std::size_t out = 0; out < maps.out_channels; ++out) {
        const std::size_t y = (n * maps.out_height * maps.out_width + i) * maps.out_channels + out;
        for (std::size_t tap = 0; tap < p.taps * p.taps; ++tap) {
          const std::size_t row = i / maps.out_width + tap / p.taps - p.padding;
          const std::size_t column = i % maps.out_width + tap % p.taps - p.padding;
          if (row >= p.height || column >= p.width) continue;
          for (std::size_t c = 0; c < p.depth; ++c) {
            const std::size_t channel = out / p.lanes * p.depth + c;
            visit(((n * p.height + row) * p.width + column) * maps.in_channels + channel,
                  (out * p.depth + c) * p.taps * p.taps + tap, y);
          }
        }
      }
    }
  }
}

// What is read before it is written shows.
Buffer<float> unwritten(std::size_t count) {
  Buffer<float> values(count);
  std::fill_n(values.data(), count, std::nanf(""));
  return values;
}

double relative_error(const Buffer<float>& got, const std::vector<double>& expected) {
  double error = 0;
  double largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(got.data()[i])) return HUGE_VAL;
    error = std::max(error, std::abs(got.data()[i] - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  return error / largest;
}

// All threads of a team call `work` with their scratch memory.
template <class Work>
void run_team(int threads, const Scratch& scratch, const Work& work) {
  Buffer<float> shared = unwritten(scratch.shared);
  Buffer<float> per_thread =
      unwritten((scratch.per_thread + 15) / 16 * 16 * static_cast<std::size_t>(threads));
  const ThreadTeam size(threads);
  parallel::with_team([&](const Team& team) {
    const std::size_t stride = (scratch.per_thread + 15) / 16 * 16;
    work(team, shared.data(), per_thread.data() + team.index() * stride);
  });
}

Buffer<float> convolve(const Problem2d& p, const Buffer<float>& x, const Buffer<float>& w,
                       const Finish& finish, Precision precision, int threads,
                       const Caches& caches = processor().caches,
                       std::size_t most_outputs = kMaxFrequencies) {
  Convolution convolution(p.maps(), p.filter(), precision, p.images, block_sizes(caches),
                          most_outputs);
  convolution.pack(Team(), w.data());
  Buffer<float> y(p.images * p.maps().out_size());
  run_team(threads, convolution.scratch(static_cast<std::size_t>(threads)),
           [&](const Team& team, float* shared, float* per_thread) {
             convolution.run(team, p.images, x.data(), y.data(), finish, shared, per_thread);
           });
  return y;
}

Buffer<float> weight_gradient(const Problem2d& p, const Buffer<float>& x, const Buffer<float>& dy,
                              int threads) {
  const WeightGradient gradient(p.maps(), p.filter(), p.images);
  Buffer<float> dw(p.weights());
  run_team(threads, gradient.scratch(), [&](const Team& team, float* shared, float* per_thread) {
    gradient.run(team, p.images, x.data(), dy.data(), dw.data(), shared, per_thread);
  });
  return dw;
}

std::vector<Problem2d> table() {
  return {{1, 13, 13, 192, 384, 1, 3, 1}, {2, 27, 27, 64, 192, 1, 5, 2},
          {1, 57, 57, 48, 64, 1, 3, 0},   {3, 3, 3, 33, 17, 1, 3, 1},
          {5, 7, 7, 8, 40, 2, 5, 2},      {1, 1, 1, 1, 1, 1, 3, 1},
          {2, 2, 9, 3, 5, 3, 2, 0},       {4, 5, 4, 1, 2, 1, 4, 3}};
}

// Shapes that nobody thought of.
std::vector<Problem2d> random_problems(int count) {
  RandomStream random({.seed = 11});
  const auto pick = [&](std::uint32_t most) { return std::size_t{1} + random.below(most); };
  std::vector<Problem2d> problems;
  while (static_cast<int>(problems.size()) < count) {
    const std::size_t taps = 1 + pick(4);
    Problem2d p{pick(6), pick(20), pick(20), pick(70), pick(70), pick(2), taps, pick(3) - 1};
    p.padding = std::min(p.padding, taps - 1);
    if (std::min(p.height, p.width) + 2 * p.padding >= taps) problems.push_back(p);
  }
  return problems;
}

std::vector<Problem2d> problems() {
  std::vector<Problem2d> all = table();
  for (const Problem2d& p : random_problems(40)) all.push_back(p);
  return all;
}

/// On every instruction set for which the layer has kernels.
class Winograd : public testing::TestWithParam<std::tuple<SimdLevel, Problem2d>> {
 protected:
  void SetUp() override { limit_simd(std::get<0>(GetParam())); }
  void TearDown() override { limit_simd(std::nullopt); }
  static const Problem2d& problem() { return std::get<1>(GetParam()); }
};

std::vector<SimdLevel> vector_levels() {
  std::vector<SimdLevel> levels = simd_levels();
  levels.pop_back();  // none
  return levels;
}

TEST_P(Winograd, Convolution) {
  const Problem2d& p = problem();
  const Buffer<float> x = random_values(p.images * p.maps().in_size(), 1);
  const Buffer<float> w = random_values(p.weights(), 2);
  const Buffer<float> bias = random_values(p.lanes * p.groups, 3);
  std::vector<double> expected(p.images * p.maps().out_size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] = bias.data()[i % (p.lanes * p.groups)];
  }
  for_each_product(p, [&](std::size_t i, std::size_t k, std::size_t o) {
    expected[o] += double{x.data()[i]} * w.data()[k];
  });
  const Finish plain{.bias = bias.data()};
  EXPECT_LT(relative_error(convolve(p, x, w, plain, Precision::fp32, 1), expected), 2e-5);
  EXPECT_LT(relative_error(convolve(p, x, w, plain, Precision::fp32, 3), expected), 2e-5);
  EXPECT_LT(relative_error(convolve(p, x, w, plain, Precision::fp16, 2), expected), 2e-2);
  EXPECT_LT(relative_error(convolve(p, x, w, plain, Precision::bf16, 2), expected), 2e-2);
  for (double& value : expected) value = std::max(value, 0.0);
  const Finish relu{.bias = bias.data(), .relu = true};
  const Buffer<float> y = convolve(p, x, w, relu, Precision::fp32, 2);
  EXPECT_LT(relative_error(y, expected), 2e-5);
  EXPECT_GE(*std::min_element(y.data(), y.data() + y.size()), 0.0F);
}

// Weights are rounded before they are transformed, not after, which would make eight times the
// error: the filters are the halves of rounded weights.
TEST_P(Winograd, BfloatsAreRoundedWeights) {
  const Problem2d& p = problem();
  const Buffer<float> x = random_values(p.images * p.maps().in_size(), 1);
  const Buffer<float> w = random_values(p.weights(), 2);
  Buffer<float> rounded = random_values(p.weights(), 2);
  simd::round_to_bfloat16(rounded.data(), rounded.size());
  const Buffer<float> expected = convolve(p, x, rounded, {}, Precision::fp16, 2);
  const Buffer<float> y = convolve(p, x, w, {}, Precision::bf16, 2);
  const std::vector<double> exact(expected.data(), expected.data() + expected.size());
  EXPECT_LT(relative_error(y, exact), 1e-4);  // the scale of halves may differ
}

// Floats have no larger power of two to bring the smallest of them into the range of halves.
TEST_P(Winograd, FiltersOfTheSmallestWeights) {
  const Problem2d& p = problem();
  const Buffer<float> x = random_values(p.images * p.maps().in_size(), 1);
  Buffer<float> w = random_values(p.weights(), 2);
  for (std::size_t i = 0; i < w.size(); ++i) w.data()[i] *= 1e-36F;
  std::vector<double> expected(p.images * p.maps().out_size());
  for_each_product(p, [&](std::size_t i, std::size_t k, std::size_t o) {
    expected[o] += double{x.data()[i]} * w.data()[k];
  });
  for (const Precision precision : {Precision::fp16, Precision::bf16}) {
    EXPECT_LT(relative_error(convolve(p, x, w, {}, precision, 1), expected), 2e-2)
        << to_string(precision);
  }
}

// As the convolutions of distances have them.
TEST_P(Winograd, SmallTilesRoundLess) {
  const Problem2d& p = problem();
  const Buffer<float> x = random_values(p.images * p.maps().in_size(), 1);
  const Buffer<float> w = random_values(p.weights(), 2);
  std::vector<double> expected(p.images * p.maps().out_size());
  for_each_product(p, [&](std::size_t i, std::size_t k, std::size_t o) {
    expected[o] += double{x.data()[i]} * w.data()[k];
  });
  const auto error = [&](std::size_t most_outputs) {
    return relative_error(
        convolve(p, x, w, {}, Precision::fp32, 2, processor().caches, most_outputs), expected);
  };
  const double small = error(2);
  EXPECT_LT(small, 2e-5);
  if (p.taps == 3 && std::min(p.maps().out_height, p.maps().out_width) >= 13) {
    EXPECT_LT(small, error(kMaxFrequencies) / 2);
  }
}

// How blocks are cut follows from the caches; what they compute must not.
TEST_P(Winograd, SameBitsOnAnyCaches) {
  const Problem2d& p = problem();
  const Buffer<float> x = random_values(p.images * p.maps().in_size(), 1);
  const Buffer<float> w = random_values(p.weights(), 2);
  const Buffer<float> expected = convolve(p, x, w, {}, Precision::fp32, 2);
  for (const std::size_t l2 : {std::size_t{4} << 10, std::size_t{64} << 10, std::size_t{8} << 20}) {
    const Buffer<float> y = convolve(p, x, w, {}, Precision::fp32, 2, {.l2 = l2});
    EXPECT_TRUE(std::equal(y.data(), y.data() + y.size(), expected.data())) << l2 << " bytes of L2";
  }
}

TEST_P(Winograd, WeightGradient) {
  const Problem2d& p = problem();
  const Buffer<float> x = random_values(p.images * p.maps().in_size(), 1);
  const Buffer<float> dy = random_values(p.images * p.maps().out_size(), 2);
  std::vector<double> expected(p.weights());
  for_each_product(p, [&](std::size_t i, std::size_t k, std::size_t o) {
    expected[k] += double{x.data()[i]} * dy.data()[o];
  });
  for (const int threads : {1, 2, 3}) {
    const Buffer<float> got = weight_gradient(p, x, dy, threads);
    EXPECT_LT(relative_error(got, expected), 2e-5) << threads << " threads";
    const Buffer<float> again = weight_gradient(p, x, dy, threads);
    EXPECT_TRUE(std::equal(got.data(), got.data() + got.size(), again.data()))
        << "same threads, other bits";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Winograd,
                         testing::Combine(testing::ValuesIn(vector_levels()),
                                          testing::ValuesIn(problems())),
                         kCaseName);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Winograd);  // a machine without AVX2

TEST(WinogradWeightGradient, HasMemoryForEachPartOfTheImages) {
  const Problem2d p{.images = 1,
                    .height = 13,
                    .width = 13,
                    .depth = 16,
                    .lanes = 32,
                    .groups = 1,
                    .taps = 3,
                    .padding = 1};
  const auto shared = [&](std::size_t images) {
    return WeightGradient(p.maps(), p.filter(), images).scratch().shared;
  };
  EXPECT_EQ(shared(8), 8 * shared(1));
  EXPECT_EQ(shared(5), 5 * shared(1));
  EXPECT_EQ(shared(100), shared(8));
}

TEST(WinogradBlocks, FollowFromTheCaches) {
  const BlockSizes zen4 = block_sizes({.l1d = 32 << 10, .l2 = 1 << 20});
  EXPECT_EQ(zen4.least_inputs, (512 << 10) / sizeof(float));
  EXPECT_EQ(zen4.products, (768 << 10) / sizeof(float));
  EXPECT_EQ(zen4.filter_bytes, 4U << 20);
  const BlockSizes zen3 = block_sizes({.l1d = 32 << 10, .l2 = 512 << 10});
  EXPECT_EQ(zen3.least_inputs, (256 << 10) / sizeof(float));
  EXPECT_EQ(zen3.products, (384 << 10) / sizeof(float));
  EXPECT_EQ(zen3.filter_bytes, 2U << 20);
  const BlockSizes xeon = block_sizes({.l1d = 48 << 10, .l2 = 2 << 20});
  EXPECT_EQ(xeon.least_inputs, (1024 << 10) / sizeof(float));
  EXPECT_EQ(xeon.near_inputs, (2048 << 10) / 3 / sizeof(float));
  EXPECT_EQ(xeon.products, (1536 << 10) / sizeof(float));
  EXPECT_EQ(xeon.filter_bytes, 8U << 20);
}

class WinogradStreams : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(WinogradStreams);

// Bytes of the streams that each level of some caches passes on.
CacheTraffic passed(const std::vector<Stream>& streams, std::size_t l2) {
  CacheTraffic sum;
  for (const Stream& stream : streams) sum += traffic(stream, {.l1d = 0, .l2 = l2}, 1);
  return sum;
}

// 8 images of a tile with 25 frequencies, 8 to 32 channels, in two blocks: of one V has 3,200
// bytes and M 12,800; U has 25,600.
TEST_P(WinogradStreams, OfASmallLayer) {
  const Problem2d p{8, 5, 5, 8, 32, 1, 3, 0};
  const double panels = 32 / static_cast<double>(simd::panel_width());
  const auto streams_of = [&](std::size_t products) {
    const Convolution convolution(p.maps(), p.filter(), Precision::fp32, p.images,
                                  {.least_inputs = 0, .products = products});
    return convolution.streams(p.images, 1);
  };
  const std::vector<Stream> streams = streams_of(1 << 20);
  const double other_panels = (panels - 1) * 6400;
  EXPECT_DOUBLE_EQ(passed(streams, 0).l2, 6400 + 6400 + 51'200 + 25'600 + other_panels);
  EXPECT_DOUBLE_EQ(passed(streams, 3200).l3, 6400 + 51'200 + 25'600);
  EXPECT_DOUBLE_EQ(passed(streams, 41'599).l3, 6400 + 51'200 + 25'600);
  EXPECT_DOUBLE_EQ(passed(streams, 41'600).l3, 0);
  // A panel at a time: V comes from afar for each.
  const std::vector<Stream> one_by_one = streams_of(0);
  EXPECT_DOUBLE_EQ(passed(one_by_one, 0).l2, 6400 + 6400 + 51'200 + 25'600 + other_panels);
  EXPECT_DOUBLE_EQ(passed(one_by_one, 3200).l3, 6400 + 51'200 + 25'600 + other_panels);
}

// 96 rows in one block: each panel of U is read again for the second block of rows, and so on.
TEST_P(WinogradStreams, OfManyRows) {
  const Problem2d p{96, 5, 5, 8, 32, 1, 3, 0};
  const Convolution convolution(p.maps(), p.filter(), Precision::fp32, p.images,
                                {.least_inputs = 96 * 400, .products = 1 << 20});
  const double panels = 32 / static_cast<double>(simd::panel_width());
  const double row_blocks = 96 / static_cast<double>(simd::block_rows());
  const double v = 25 * 96 * 8 * 4;
  const double m = 25 * 96 * 32 * 4;
  EXPECT_DOUBLE_EQ(passed(convolution.streams(p.images, 1), 0).l2,
                   2 * v + 2 * m + (panels - 1) * v + (row_blocks - 1) * 25'600);
}

// Two threads that share a block read all of V each, and make half of M.
TEST_P(WinogradStreams, OfATeam) {
  const Problem2d p{6, 5, 5, 8, 64, 1, 3, 0};
  const Convolution convolution(p.maps(), p.filter(), Precision::fp32, p.images,
                                {.least_inputs = 6 * 400, .products = 1 << 20});
  const double panels = 64 / static_cast<double>(simd::panel_width());
  const double of_one = passed(convolution.streams(p.images, 1), 0).l2;
  const double of_two = passed(convolution.streams(p.images, 2), 0).l2;
  EXPECT_DOUBLE_EQ(of_one, 2 * 4800 + 2 * 38'400 + (panels - 1) * 4800);
  EXPECT_DOUBLE_EQ(of_two, 3 * 4800 + 2 * 38'400 + (panels - 2) * 4800);
}

struct Plan {
  std::size_t extent, taps, products;
};

// Sums of frequencies worked out by hand: 13 = 5 + 4 + 4 outputs are 7 + 6 + 6, and so on.
TEST(WinogradTiles, CheapestPlans) {
  for (const auto& [extent, taps, products] :
       {Plan{13, 3, 19}, Plan{55, 3, 75}, Plan{27, 5, 55}, Plan{15, 3, 21}, Plan{7, 5, 15},
        Plan{3, 3, 5}, Plan{1, 3, 4}, Plan{6, 3, 8}}) {
    const Axis axis(extent, taps);
    EXPECT_EQ(axis.products(), products) << extent << " outputs of " << taps << " taps";
  }
}

// 13 outputs in seven tiles of 4 frequencies; five taps take 6 for 2 outputs, two taps 4 for 3.
TEST(WinogradTiles, AreAsSmallAsIsAskedFor) {
  EXPECT_EQ(Axis(13, 3, 2).products(), 7 * 4U);
  EXPECT_EQ(Axis(27, 5, 2).products(), 14 * 6U);
  EXPECT_EQ(Axis(9, 2, 2).products(), 3 * 4U);
  EXPECT_EQ(Axis(13, 3, 4).products(), 6 + 3 * 5U);
}

TEST(WinogradTiles, CoverTheMapInOrder) {
  for (std::size_t taps = 2; taps <= 5; ++taps) {
    for (std::size_t extent = 1; extent < 70; ++extent) {
      const Axis axis(extent, taps);
      std::size_t next = 0;
      std::size_t before = kMaxFrequencies;
      for (const Tile& tile : axis.tiles()) {
        EXPECT_EQ(tile.start, next);
        EXPECT_EQ(tile.frequencies, tile.outputs + taps - 1);
        EXPECT_LE(tile.frequencies, before) << "the largest must come first";
        before = tile.frequencies;
        next += tile.outputs;
      }
      EXPECT_GE(next, extent);
      EXPECT_LT(axis.tiles().back().start, extent) << "a tile beyond the map";
    }
  }
}

TEST(WinogradPoints, PolynomialHasItsPointsAsRoots) {
  for (std::size_t last = 1; last < kMaxFrequencies; ++last) {
    const Coefficients c = polynomial(last);
    for (std::size_t i = 1; i < kMaxFrequencies; ++i) {
      double value = 0;
      for (std::size_t j = 0; j <= last; ++j) value += c[j] * power(kPoints[i], j);
      EXPECT_EQ(value == 0.0, i <= last) << "point " << i << " of " << last;
    }
  }
}

}  // namespace
}  // namespace alexnet::cpu::winograd
