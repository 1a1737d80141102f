// Products of tiles: the operations by Intel's definition of them, and the kernel against plain
// loops.
#include "engine/cpu/simd/tiles.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/simd/tile_units.h"
#include "engine/cpu/simd/tile_weights.h"
#include "support/case_name.h"
#include "support/tile_units.h"

namespace alexnet::cpu::simd {
namespace {

class TileUnits : public testing::TestWithParam<TileUnit> {
 protected:
  TileUnits() : unit_(GetParam()) {}

  const UseTiles unit_;
};
INSTANTIATE_TEST_SUITE_P(Units, TileUnits, testing::ValuesIn(tile_units(Products::bf16)),
                         kCaseName);

class ByteUnits : public TileUnits {};
INSTANTIATE_TEST_SUITE_P(Units, ByteUnits, testing::ValuesIn(tile_units(Products::bytes)),
                         kCaseName);

// Those that add as AMX does. Vectors add product after product.
class AmxUnits : public TileUnits {};
std::vector<TileUnit> amx_units() {
  std::vector<TileUnit> units = tile_units(Products::bf16);
  std::erase(units, TileUnit::vectors);
  return units;
}
INSTANTIATE_TEST_SUITE_P(Units, AmxUnits, testing::ValuesIn(amx_units()), kCaseName);

Bfloat16 rounded(float value) {
  Bfloat16 half{};
  narrow(&value, 1, &half);
  return half;
}

float widened(Bfloat16 half) {
  return std::bit_cast<float>(std::uint32_t{half.bits} << 16U);
}

/// One row, one column, some steps of one tile.
template <class Weight>
auto product(const std::vector<typename TileKind<Weight>::Input>& row,
             const std::vector<Weight>& column) {
  constexpr std::size_t kStep = kTileDepth<Weight>;
  const std::size_t steps = (row.size() + kStep - 1) / kStep;
  Buffer<typename TileKind<Weight>::Input> a(kTileLines * steps * kStep);
  Buffer<Weight> b(kTileLines * steps * kStep);
  Buffer<typename TileKind<Weight>::Sum> sums(kTileLines * kTileLines);
  std::vector<std::uint32_t> offsets;
  for (std::size_t i = 0; i < steps; ++i) offsets.push_back(static_cast<std::uint32_t>(i * kStep));
  std::copy(row.begin(), row.end(), a.data());
  for (std::size_t k = 0; k < column.size(); ++k) {
    b.data()[k / kStep * kTileLines * kStep + tile_place<Weight>(k % kStep, 0)] = column[k];
  }
  const TilesInUse tiles;
  multiply(TileProduct<Weight>{.a = a.data(),
                               .a_stride = steps * kStep,
                               .offsets = offsets.data(),
                               .steps = steps,
                               .b = b.data(),
                               .b_panel_stride = kTileLines * steps * kStep,
                               .rows = 1,
                               .panels = 1,
                               .sums = sums.data(),
                               .sums_stride = kTileLines});
  return sums.data()[0];
}

float bfloat_product(const std::vector<float>& row, const std::vector<float>& column) {
  std::vector<Bfloat16> a;
  std::vector<Bfloat16> b;
  for (const float value : row) a.push_back(rounded(value));
  for (const float value : column) b.push_back(rounded(value));
  return product<Bfloat16>(a, b);
}

// Even and odd elements are summed apart, and then added to each other.
TEST_P(AmxUnits, AddEvenAndOddElementsApart) {
  constexpr float kLarge = 0x1p24F;                                        // 1 more is lost
  EXPECT_EQ(bfloat_product({kLarge, 1, 1}, {1, 1, 1}), kLarge);            // (L + 1) + 1
  EXPECT_EQ(bfloat_product({kLarge, 1, 0, 1}, {1, 1, 1, 1}), kLarge + 2);  // L + (1 + 1)
  EXPECT_EQ(bfloat_product({1, kLarge, 0, -kLarge}, {1, 1, 1, 1}), 1.0F);
  EXPECT_EQ(bfloat_product({1, 0, kLarge, 0, -kLarge}, {1, 1, 1, 1, 1}), 0.0F);
}

// A step's sum is complete before it is added to those before.
TEST_P(AmxUnits, AddSteps) {
  std::vector<float> row(66, 0.0F);
  row[0] = 0x1p24F;
  row[32] = 1.0F;
  row[34] = 1.0F;
  EXPECT_EQ(bfloat_product(row, std::vector<float>(66, 1.0F)), 0x1p24F + 2);
}

// Numbers below the normal ones are zero, before and after.
TEST_P(TileUnits, FlushWhatIsNotNormal) {
  const float denormal = std::bit_cast<float>(0x00010000U);
  EXPECT_EQ(bfloat_product({denormal}, {0x1p120F}), 0.0F);
  EXPECT_EQ(bfloat_product({0x1p-100F}, {0x1p-30F}), 0.0F);
  EXPECT_EQ(bfloat_product({0x1p-100F}, {0x1p-26F}), 0x1p-126F);
  EXPECT_EQ(bfloat_product({0x1p-100F, 0x1p-100F}, {0x1.8p-26F, -0x1p-26F}), 0.0F);
}

TEST_P(TileUnits, PassOnWhatIsNotFinite) {
  EXPECT_TRUE(std::isnan(bfloat_product({std::nanf(""), 1}, {0, 1})));
  EXPECT_TRUE(std::isnan(bfloat_product({HUGE_VALF, 1}, {0, 1})));
  EXPECT_EQ(bfloat_product({0, HUGE_VALF}, {1, -1}), -HUGE_VALF);
  EXPECT_EQ(bfloat_product({0x1p127F, 0}, {2, 0}), HUGE_VALF);
}

TEST_P(ByteUnits, MultiplyBytesWithoutASignByBytesWithOne) {
  EXPECT_EQ(product<std::int8_t>({255}, {-128}), 255 * -128);
  EXPECT_EQ(product<std::int8_t>({128}, {127}), 128 * 127);
  EXPECT_EQ(product<std::int8_t>(std::vector<std::uint8_t>(6400, 255),
                                 std::vector<std::int8_t>(6400, -127)),
            6400 * 255 * -127);
}

TEST(SoftwareTiles, WantToBeConfigured) {
  EXPECT_THROW(SoftwareTiles::zero<0>(), std::logic_error);
  SoftwareTiles::configure();
  SoftwareTiles::zero<7>();
  SoftwareTiles::release();
  EXPECT_THROW(SoftwareTiles::zero<7>(), std::logic_error);
}

TEST(SoftwareTiles, LoadAndStoreRows) {
  constexpr std::size_t kStride = 72;
  std::vector<std::uint8_t> from(16 * kStride);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::uint8_t>(i * 7);
  std::vector<std::uint8_t> to(from.size(), 1);
  SoftwareTiles::configure();
  SoftwareTiles::load<3>(from.data(), kStride);
  SoftwareTiles::store<3>(to.data(), kStride);
  SoftwareTiles::release();
  for (std::size_t i = 0; i < from.size(); ++i) {
    EXPECT_EQ(to[i], i % kStride < 64 ? from[i] : 1) << i;
  }
}

// The kernel. Rows overlap, as those of a convolution do, and steps begin anywhere.

struct Shape {
  std::size_t rows;
  std::size_t panels;
  std::size_t steps;
};

template <class Weight>
Weight random_weight(RandomStream& random) {
  if constexpr (std::is_same_v<Weight, Bfloat16>) {
    return rounded(static_cast<float>(random.below(2001)) / 1000.0F - 1.0F);
  } else {
    return static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
  }
}
template <class Input>
Input random_input(RandomStream& random) {
  if constexpr (std::is_same_v<Input, Bfloat16>) {
    return random_weight<Bfloat16>(random);
  } else {
    return static_cast<std::uint8_t>(random.below(256));
  }
}

double value(Bfloat16 half) {
  return double{widened(half)};
}
double value(std::uint8_t byte) {
  return byte;
}
double value(std::int8_t byte) {
  return byte;
}

template <class Weight>
void expect_right_product(const Shape& shape) {
  SCOPED_TRACE(testing::Message() << shape.rows << " rows, " << shape.panels << " panels, "
                                  << shape.steps << " steps");
  using Input = typename TileKind<Weight>::Input;
  using Sum = typename TileKind<Weight>::Sum;
  constexpr std::size_t kStep = kTileDepth<Weight>;
  constexpr std::size_t kRowStride = 5;
  const std::size_t rows = (shape.rows + kTileLines - 1) / kTileLines * kTileLines;
  const std::size_t columns = shape.panels * kTileLines;
  const std::size_t stride = columns + 16;
  RandomStream random({.seed = 3});
  std::vector<std::uint32_t> offsets;
  for (std::size_t i = 0; i < shape.steps; ++i) offsets.push_back(random.below(1000));
  Buffer<Input> a(rows * kRowStride + 1000 + kStep);
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = random_input<Input>(random);
  Buffer<Weight> b(columns * shape.steps * kStep);
  for (std::size_t i = 0; i < b.size(); ++i) b.data()[i] = random_weight<Weight>(random);
  Buffer<Sum> sums(rows * stride);
  std::fill_n(sums.data(), sums.size(), Sum{77});
  {
    const TilesInUse tiles;
    multiply(TileProduct<Weight>{.a = a.data(),
                                 .a_stride = kRowStride,
                                 .offsets = offsets.data(),
                                 .steps = shape.steps,
                                 .b = b.data(),
                                 .b_panel_stride = kTileLines * shape.steps * kStep,
                                 .rows = shape.rows,
                                 .panels = shape.panels,
                                 .sums = sums.data(),
                                 .sums_stride = stride});
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::size_t row = i / stride;
    const std::size_t column = i % stride;
    if (column >= columns) {
      ASSERT_EQ(sums.data()[i], Sum{77}) << "beyond the columns of row " << row;
      continue;
    }
    if (row >= shape.rows) continue;
    const Weight* const panel = b.data() + column / kTileLines * kTileLines * shape.steps * kStep;
    double sum = 0;
    for (std::size_t step = 0; step < shape.steps; ++step) {
      for (std::size_t k = 0; k < kStep; ++k) {
        const std::size_t at =
            step * kTileLines * kStep + tile_place<Weight>(k, column % kTileLines);
        sum += value(a.data()[row * kRowStride + offsets[step] + k]) * value(panel[at]);
      }
    }
    const double tolerance = std::is_same_v<Sum, float> ? 1e-5 * std::sqrt(shape.steps) : 0.0;
    ASSERT_NEAR(sums.data()[i], sum, tolerance) << "row " << row << ", column " << column;
  }
}

std::vector<Shape> shapes_of_matrices() {
  std::vector<Shape> shapes{{96, 2, 54}, {128, 3, 3}};
  for (const std::size_t rows : {1U, 2U, 3U, 6U, 9U, 16U, 23U, 32U, 48U, 77U}) {
    for (const std::size_t panels : {1U, 2U, 3U}) {
      for (const std::size_t steps : {1U, 17U, 18U, 19U, 40U}) {
        shapes.push_back({rows, panels, steps});
      }
    }
  }
  return shapes;
}

TEST_P(TileUnits, ProductsOfMatrices) {
  for (const Shape& shape : shapes_of_matrices()) expect_right_product<Bfloat16>(shape);
}

TEST_P(ByteUnits, ProductsOfMatrices) {
  for (const Shape& shape : shapes_of_matrices()) expect_right_product<std::int8_t>(shape);
}

TEST(Tiles, ProcessorAndSoftwareGiveTheSameBits) {
  if (isa() < Isa::amx) GTEST_SKIP() << missing(Isa::amx);
  std::vector<std::uint32_t> bits;
  RandomStream random({.seed = 4});
  for (int i = 0; i < 1000; ++i) {
    std::vector<Bfloat16> row(96);
    std::vector<Bfloat16> column(96);
    for (Bfloat16& half : row) half.bits = static_cast<std::uint16_t>(random.below(0x10000));
    for (Bfloat16& half : column) half.bits = static_cast<std::uint16_t>(random.below(0x10000));
    const float by_processor = product<Bfloat16>(row, column);
    const UseTiles software(TileUnit::software);
    const float by_software = product<Bfloat16>(row, column);
    if (std::isnan(by_processor)) {
      EXPECT_TRUE(std::isnan(by_software)) << i;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(by_software),
                std::bit_cast<std::uint32_t>(by_processor))
          << i;
    }
  }
}

class TileOutputsOf : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(TileOutputsOf);

TEST_P(TileOutputsOf, BytesAndFloats) {
  Buffer<float> floats(32);
  Buffer<std::int32_t> integers(32);
  const std::vector<float> bias = normal_floats(32, 1);
  const std::vector<float> scales = normal_floats(32, 2);
  std::vector<std::int32_t> of_weights(32);
  for (std::size_t i = 0; i < 32; ++i) {
    floats.data()[i] = static_cast<float>(i) - 15.5F;
    integers.data()[i] = static_cast<std::int32_t>(i * 1'000'003) - 15'000'000;
    of_weights[i] = static_cast<std::int32_t>(i * 777) - 9000;
  }
  floats.data()[3] = std::nanf("");
  const ByteRounding x{.scale = 0.01F, .zero = 117};
  for (const bool relu : {false, true}) {
    for (const std::size_t count : {1U, 7U, 16U, 31U, 32U}) {
      const TileOutputs outputs{bias.data(), scales.data(), of_weights.data(), count, relu};
      std::vector<float> y(count + 1, 5.0F);
      finish(floats.data(), outputs, x, y.data());
      for (std::size_t i = 0; i < count; ++i) {
        const float sum = floats.data()[i] + bias[i];
        if (i == 3) {
          EXPECT_TRUE(std::isnan(y[i]));
        } else {
          EXPECT_EQ(y[i], relu ? std::max(sum, 0.0F) : sum) << i;
        }
      }
      finish(integers.data(), outputs, x, y.data());
      for (std::size_t i = 0; i < count; ++i) {
        const double sum = integers.data()[i] - 117.0 * of_weights[i];
        const double exact = sum * double{0.01F} * double{scales[i]} + double{bias[i]};
        EXPECT_NEAR(y[i], relu ? std::max(exact, 0.0) : exact, 1e-6 * std::abs(sum * scales[i]));
      }
      EXPECT_EQ(y[count], 5.0F) << count;
    }
  }
}

}  // namespace
}  // namespace alexnet::cpu::simd
