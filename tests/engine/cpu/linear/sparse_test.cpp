// The products of fully-connected layers that leave out zeros, against plain loops in double
// precision: from no zeros to nothing but zeros, on awkward sizes.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <span>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/linear/sparse.h"

namespace alexnet::cpu::linear {
namespace {

/// Pieces of 64, tiles of 256.
BlockSizes blocks() {
  return block_sizes({.l1d = 32 << 10, .l2 = 1 << 20});
}

struct Case {
  std::size_t images;
  std::size_t in;
  std::size_t out;
  double density;
};

std::ostream& operator<<(std::ostream& out, const Case& test) {
  return out << test.images << " images, " << test.in << " -> " << test.out << ", density "
             << test.density;
}

std::vector<Case> cases() {
  std::vector<Case> all{{128, 9216, 20, 0.5}, {64, 4096, 10, 0.25}, {16, 33, 1000, 0.25},
                        {1, 1, 1, 1},         {20, 64, 128, 0},     {65, 129, 513, 1},
                        {17, 1000, 257, 0.1}, {200, 63, 65, 0.6}};
  RandomStream random({.seed = 7});
  for (int i = 0; i < 20; ++i) {
    all.push_back({1 + random.below(150), 1 + random.below(700), 1 + random.below(600),
                   random.below(100) / 100.0});
  }
  return all;
}

std::vector<float> sparse_floats(std::size_t count, std::uint32_t stream, double density) {
  std::vector<float> values = normal_floats(count, stream);
  RandomStream random({.seed = 9, .minor = stream});
  for (float& value : values) {
    if (random.below(1000) >= density * 1000) value = 0.0F;
  }
  return values;
}

/// C (rows, columns) = A · B, element (row, k) of A being a[row · a_row + k · a_k]; B alike.
struct Plain {
  std::size_t rows, depth, columns;
  const std::vector<float>& a;
  std::size_t a_row, a_k;
  const std::vector<float>& b;
  std::size_t b_k, b_column;

  double at(std::size_t row, std::size_t column) const {
    double sum = 0;
    for (std::size_t k = 0; k < depth; ++k) {
      sum += double{a[row * a_row + k * a_k]} * double{b[k * b_k + column * b_column]};
    }
    return sum;
  }
};

void expect_near(const std::vector<float>& actual, const Plain& expected,
                 const std::vector<float>& bias = {}, bool relu = false) {
  const double tolerance = 1e-5 * (1 + std::sqrt(static_cast<double>(expected.depth)));
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const std::size_t column = i % expected.columns;
    double value = expected.at(i / expected.columns, column);
    if (!bias.empty()) value += bias[column];
    ASSERT_NEAR(actual[i], relu ? std::max(value, 0.0) : value, tolerance) << "element " << i;
  }
}

class SparseKernels : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(SparseKernels);

TEST_P(SparseKernels, Forward) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message() << test);
    const auto [images, in, out, density] = test;
    const auto x = sparse_floats(images * in, 0, density);
    const auto weight = normal_floats(out * in, 1);
    const auto bias = normal_floats(out, 2);
    Buffer<float> memory(Lists::size(images, in, blocks()));
    Buffer<float> per_thread(sparse_scratch(images, blocks()));
    Lists lists(images, in, blocks(), memory.data());
    lists.list({0, lists.pieces()}, x.data(), nullptr);
    for (const bool relu : {false, true}) {
      std::vector<float> y(images * out, NAN);
      sparse_forward({images, {in, out}, weight.data()}, lists, bias.data(), relu,
                     {0, wide_panels(out)}, y.data(), per_thread.data());
      expect_near(y, {images, in, out, x, in, 1, weight, 1, in}, bias, relu);
    }
  }
}

TEST_P(SparseKernels, WhatIsNotFiniteIsListed) {
  for (const float bad : {NAN, HUGE_VALF, -HUGE_VALF}) {
    std::vector<float> values(100, 0.0F);
    for (const std::size_t at : {0U, 50U, 99U}) values[at] = bad;
    Buffer<float> memory(Lists::size(1, 100, blocks()));
    Lists lists(1, 100, blocks(), memory.data());
    lists.list({0, lists.pieces()}, values.data(), nullptr);
    EXPECT_DOUBLE_EQ(lists.density(), 0.03) << bad;
  }
}

TEST_P(SparseKernels, DataGradient) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message() << test);
    const auto [images, in, out, density] = test;
    const auto dy = sparse_floats(images * out, 0, density);
    const auto weight = normal_floats(out * in, 1);
    Buffer<float> memory(Lists::size(images, out, blocks()));
    Buffer<float> per_thread(sparse_scratch(images, blocks()));
    Lists lists(images, out, blocks(), memory.data());
    lists.list({0, lists.pieces()}, dy.data(), nullptr);
    std::vector<float> dx(images * in, NAN);
    sparse_data_gradient({images, {in, out}, weight.data()}, lists, {0, wide_panels(in)}, dx.data(),
                         per_thread.data());
    expect_near(dx, {images, out, in, dy, out, 1, weight, in, 1});
  }
}

TEST_P(SparseKernels, WeightGradient) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(testing::Message() << test);
    const auto [images, in, out, density] = test;
    const auto transposed = sparse_floats(out * images, 0, density);
    const auto x = normal_floats(images * in, 1);
    Buffer<float> memory(Tiles::size(out, images, blocks()));
    Buffer<float> per_thread(sparse_scratch(images, blocks()));
    Tiles tiles(out, images, blocks(), memory.data());
    tiles.list({0, tiles.count()}, transposed.data());
    std::vector<float> gradient(out * in, NAN);
    sparse_weight_gradient({images, {in, out}, nullptr}, tiles, x.data(), {0, wide_panels(in)},
                           gradient.data(), per_thread.data());
    expect_near(gradient, {out, images, in, transposed, images, 1, x, in, 1});
  }
}

TEST_P(SparseKernels, ListsSayHowDenseTheyAre) {
  constexpr std::size_t kRows = 3;
  constexpr std::size_t kDepth = 100;
  std::vector<float> matrix(kRows * kDepth, 0.0F);
  std::vector<float> gate(matrix.size(), 1.0F);
  for (const std::size_t i : {0U, 63U, 64U, 99U, 150U, 299U}) matrix[i] = -1.0F;
  gate[64] = 0.0F;
  gate[150] = -2.0F;
  Buffer<float> memory(Lists::size(kRows, kDepth, blocks()));
  Lists lists(kRows, kDepth, blocks(), memory.data());
  lists.list({0, lists.pieces()}, matrix.data(), nullptr);
  EXPECT_DOUBLE_EQ(lists.density(), 6.0 / 300);
  lists.list({0, lists.pieces()}, matrix.data(), gate.data());
  EXPECT_DOUBLE_EQ(lists.density(), 4.0 / 300);
  const simd::Listed first = lists.of_piece(0);
  EXPECT_THAT(std::span(first.counts, kRows), testing::ElementsAre(2, 0, 0));
  EXPECT_THAT(std::span(first.indices, 2), testing::ElementsAre(0, 63));
  const simd::Listed second = lists.of_piece(1);
  EXPECT_THAT(std::span(second.counts, kRows), testing::ElementsAre(1, 0, 1));
  EXPECT_THAT(std::span(second.indices, 2), testing::ElementsAre(35, 35));
}

TEST_P(SparseKernels, TilesSayHowDenseTheyAre) {
  constexpr std::size_t kRows = 300;  // a whole tile and a part
  const std::vector<float> matrix = sparse_floats(kRows * 20, 0, 0.3);
  Buffer<float> memory(Tiles::size(kRows, 20, blocks()));
  Tiles tiles(kRows, 20, blocks(), memory.data());
  tiles.list({0, tiles.count()}, matrix.data());
  const auto listed = std::ranges::count_if(matrix, [](float value) { return value != 0.0F; });
  EXPECT_NEAR(tiles.density(), static_cast<double>(listed) / (kRows * 20), 1e-12);
}

}  // namespace
}  // namespace alexnet::cpu::linear
