// Products of small matrices against plain loops in double precision.
#include <alexnet/random.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "core/memory.h"
#include "engine/cpu/simd/gemm.h"
#include "support/simd_levels.h"

namespace alexnet::cpu::simd {
namespace {

Buffer<float> random_values(std::size_t count, std::uint32_t stream) {
  Buffer<float> values(count);
  fill_uniform({values.data(), count}, {.seed = 7, .minor = stream}, -1.0F, 1.0F);
  return values;
}

struct Shape {
  std::size_t rows;
  std::size_t depth;
  std::size_t panels;
};

class Gemm : public EachSimdLevel {
 protected:
  static std::vector<Shape> shapes() {
    std::vector<Shape> list;
    for (std::size_t rows = 1; rows <= 26; ++rows) list.push_back({rows, 1 + rows * 7 % 40, 2});
    list.push_back({72, 192, 3});
    list.push_back({1, 384, 1});
    return list;
  }
};

// A's rows are three floats longer than needed, C's one panel: what lies between must stay.
TEST_P(Gemm, MatchesPlainLoops) {
  const std::size_t width = panel_width();
  for (const auto& [rows, depth, panels] : shapes()) {
    for (const bool transposed : {false, true}) {
      for (const bool accumulate : {false, true}) {
        const std::size_t a_stride = (transposed ? rows : depth) + 3;
        const Buffer<float> a = random_values(a_stride * std::max(rows, depth), 1);
        const Buffer<float> b = random_values(panels * depth * width, 2);
        const std::size_t c_stride = (panels + 1) * width;
        Buffer<float> c = random_values(rows * c_stride, 3);
        const Buffer<float> before = random_values(rows * c_stride, 3);
        multiply(Product<float>{.rows = rows,
                                .depth = depth,
                                .panels = panels,
                                .a = a.data(),
                                .a_stride = a_stride,
                                .a_transposed = transposed,
                                .b = b.data(),
                                .b_panel_stride = depth * width,
                                .c = c.data(),
                                .c_stride = c_stride,
                                .c_panel_stride = width,
                                .accumulate = accumulate});
        for (std::size_t row = 0; row < rows; ++row) {
          for (std::size_t column = 0; column < c_stride; ++column) {
            const std::size_t at = row * c_stride + column;
            double sum = accumulate || column >= panels * width ? before.data()[at] : 0.0;
            for (std::size_t k = 0; k < depth && column < panels * width; ++k) {
              const float left = a.data()[transposed ? k * a_stride + row : row * a_stride + k];
              sum += double{left} * b.data()[(column / width * depth + k) * width + column % width];
            }
            ASSERT_NEAR(c.data()[at], sum, 1e-5 * static_cast<double>(depth))
                << rows << " x " << depth << " transposed " << transposed << " at " << row << ", "
                << column;
          }
        }
      }
    }
  }
}

TEST_P(Gemm, HalvesAreTheRoundedFloats) {
  const std::size_t width = panel_width();
  const std::size_t depth = 37;
  const Buffer<float> a = random_values(9 * depth, 1);
  const Buffer<float> values = random_values(depth * width, 2);
  Buffer<Half> b(depth * width);
  narrow(values.data(), depth * width, 4.0F, b.data());
  Buffer<float> c(9 * width);
  multiply(Product<Half>{.rows = 9,
                         .depth = depth,
                         .panels = 1,
                         .a = a.data(),
                         .a_stride = depth,
                         .b = b.data(),
                         .b_panel_stride = depth * width,
                         .c = c.data(),
                         .c_stride = width,
                         .c_panel_stride = width});
  double error = 0;
  for (std::size_t row = 0; row < 9; ++row) {
    for (std::size_t column = 0; column < width; ++column) {
      double sum = 0;
      for (std::size_t k = 0; k < depth; ++k) {
        sum += 4.0 * a.data()[row * depth + k] * values.data()[k * width + column];
      }
      error = std::max(error, std::abs(c.data()[row * width + column] - sum));
    }
  }
  EXPECT_LT(error, 4.0 * depth / 2048.0);
  EXPECT_GT(error, 1e-6) << "these cannot be halves";
}

TEST_P(Gemm, NoRowsTouchNothing) {
  multiply(Product<float>{});
}

ALEXNET_ON_EACH_SIMD_LEVEL(Gemm);

}  // namespace
}  // namespace alexnet::cpu::simd
