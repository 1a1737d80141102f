// Floats in 16 bits, bit by bit.
#include "engine/cpu/simd/halves.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/memory.h"
#include "engine/common/bfloat16.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/simd/dot.h"

namespace alexnet::cpu::simd {
namespace {

class Halves : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(Halves);

float value_of(Bfloat16 half) {
  return std::bit_cast<float>(std::uint32_t{half.bits} << 16U);
}

/// The nearest of both neighbours, by their distances; among equals the even one.
Bfloat16 plainly_rounded(float value) {
  const auto below = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16U);
  const auto above = static_cast<std::uint16_t>(below + 1);
  const double down = std::abs(double{value} - double{value_of({below})});
  double next = double{value_of({above})};
  if (std::isinf(next)) next = std::copysign(0x1p128, next);  // what would follow the largest
  const double up = std::abs(next - double{value});
  if (down == up) return {below % 2 == 0 ? below : above};
  return {down < up ? below : above};
}

std::vector<Bfloat16> narrowed(const std::vector<float>& values) {
  std::vector<Bfloat16> halves(values.size());
  narrow(values.data(), values.size(), halves.data());
  return halves;
}

// Every exponent and sign, denormal numbers too, with what lies around both halves of a step.
TEST_P(Halves, Bfloat16IsTheNearestEvenOne) {
  std::vector<float> values;
  for (std::uint32_t upper = 0; upper < 0x10000; upper += 13) {
    if ((upper & 0x7F80U) == 0x7F80U) continue;
    for (const std::uint32_t lower : {0U, 1U, 0x7FFFU, 0x8000U, 0x8001U, 0xFFFFU}) {
      values.push_back(std::bit_cast<float>(upper << 16U | lower));
    }
  }
  values.push_back(std::numeric_limits<float>::max());
  const std::vector<Bfloat16> halves = narrowed(values);
  std::vector<float> rounded = values;
  round_to_bfloat16(rounded.data(), rounded.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(halves[i].bits, plainly_rounded(values[i]).bits) << values[i];
    ASSERT_EQ(std::bit_cast<std::uint32_t>(rounded[i]), std::uint32_t{halves[i].bits} << 16U);
    ASSERT_EQ(std::bit_cast<std::uint32_t>(rounded_to_bfloat16(values[i])),
              std::uint32_t{halves[i].bits} << 16U);
  }
}

TEST_P(Halves, Bfloat16KeepsWhatIsNotFinite) {
  const std::vector<float> values{HUGE_VALF, -HUGE_VALF, std::nanf(""),
                                  std::bit_cast<float>(0x7F800001U),
                                  std::bit_cast<float>(0xFFFFFFFFU)};
  const std::vector<Bfloat16> halves = narrowed(values);
  EXPECT_EQ(value_of(halves[0]), HUGE_VALF);
  EXPECT_EQ(value_of(halves[1]), -HUGE_VALF);
  for (std::size_t i = 2; i < values.size(); ++i) {
    EXPECT_TRUE(std::isnan(value_of(halves[i]))) << i;
    EXPECT_EQ(std::bit_cast<std::uint32_t>(rounded_to_bfloat16(values[i])),
              std::uint32_t{halves[i].bits} << 16U);
  }
}

TEST_P(Halves, NothingBeyondTheLastIsWritten) {
  for (std::size_t count = 0; count < 40; ++count) {
    const std::vector<float> values(count, 1.0F);
    std::vector<Bfloat16> halves(count + 1, Bfloat16{7});
    narrow(values.data(), count, halves.data());
    EXPECT_EQ(halves[count].bits, 7) << count;
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(halves[i].bits, 0x3F80) << count;
  }
}

// A kernel sees exactly the stored value: one weight times one.
TEST_P(Halves, KernelsWidenEveryBfloat16) {
  constexpr std::size_t kRows = 64;
  const std::size_t depth = stored_depth(1);
  Buffer<Bfloat16> weights(kRows * depth);
  Buffer<float> packed(depth);
  Buffer<float> sums(kRows * sums_stride(1));
  const float one = 1.0F;
  pack_image(&one, 1, 0, 1, packed.data());
  for (std::uint32_t first = 0; first < 0x10000; first += kRows) {
    for (std::uint32_t row = 0; row < kRows; ++row) {
      weights.data()[row * depth].bits = static_cast<std::uint16_t>(first + row);
    }
    dot({.rows = kRows,
         .depth = 1,
         .images = 1,
         .weights = weights.data(),
         .stride = depth,
         .packed = packed.data(),
         .sums = sums.data()});
    for (std::uint32_t row = 0; row < kRows; ++row) {
      const float expected = value_of({static_cast<std::uint16_t>(first + row)});
      const float got = sums.data()[row * sums_stride(1)];
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(got)) << first + row;
      } else {
        ASSERT_EQ(got, expected) << first + row;
      }
    }
  }
}

}  // namespace
}  // namespace alexnet::cpu::simd
