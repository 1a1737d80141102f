#include "formats/common/strided.h"

#include <gmock/gmock.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/halves.h"
#include "formats/common/scalar_types.h"

namespace alexnet {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

TEST(Strided, CountsElements) {
  EXPECT_EQ(count_elements({}), 1);
  EXPECT_EQ(count_elements({2, 3}), 6);
  EXPECT_EQ(count_elements({2, 0}), 0);
  EXPECT_EQ(count_elements({-1}), std::nullopt);
  EXPECT_EQ(count_elements({kMost, 2}), std::nullopt);
}

TEST(Strided, KnowsHowMuchStorageIsNeeded) {
  EXPECT_EQ(storage_needed({3, {}, {}}), 4);
  EXPECT_EQ(storage_needed({1, {2, 3}, {10, 2}}), 1 + 10 + 4 + 1);
  EXPECT_EQ(storage_needed({1, {2, 0}, {10, 2}}), 0);
  EXPECT_EQ(storage_needed({0, {1}, {kMost}}), 1);
  EXPECT_EQ(storage_needed({-1, {1}, {1}}), std::nullopt);
  EXPECT_EQ(storage_needed({0, {1}, {-1}}), std::nullopt);
  EXPECT_EQ(storage_needed({0, {3}, {kMost}}), std::nullopt);
  EXPECT_EQ(storage_needed({kMost, {}, {}}), std::nullopt);
}

TEST(Strided, KnowsWhatLiesSideBySide) {
  EXPECT_TRUE(is_contiguous({0, {}, {}}));
  EXPECT_TRUE(is_contiguous({0, {2, 3}, {3, 1}}));
  EXPECT_TRUE(is_contiguous({0, {2, 1, 3}, {3, 99, 1}}));
  EXPECT_TRUE(is_contiguous({0, {0, kMost, kMost}, {0, 0, 0}}));
  EXPECT_FALSE(is_contiguous({0, {2, 3}, {1, 2}}));
  EXPECT_FALSE(is_contiguous({0, {2}, {0}}));
}

TEST(Strided, CopiesInRowMajorOrder) {
  std::array<float, 12> storage{};
  for (std::size_t i = 0; i < storage.size(); ++i) storage.at(i) = static_cast<float>(i);
  const auto copy = [&](const StridedLayout& layout) {
    std::vector<float> out(static_cast<std::size_t>(*count_elements(layout.shape)));
    copy_strided(std::as_bytes(std::span(storage)).data(), ScalarType::Kind::float32, layout,
                 out.data());
    return out;
  };
  EXPECT_THAT(copy({5, {}, {}}), ElementsAre(5));
  EXPECT_THAT(copy({1, {2, 2}, {2, 1}}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(copy({0, {2, 3}, {1, 2}}), ElementsAre(0, 2, 4, 1, 3, 5));
  EXPECT_THAT(copy({1, {2, 2, 2}, {6, 0, 3}}), ElementsAre(1, 4, 1, 4, 7, 10, 7, 10));
  EXPECT_THAT(copy({0, {3, 0}, {1, 1}}), ElementsAre());
}

// Independent of the bits: sign, exponent and mantissa as numbers.
double half_value(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int mantissa = half & 1023;
  const double sign = (half & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return mantissa == 0 ? sign * INFINITY : NAN;
  return exponent == 0 ? sign * std::ldexp(mantissa, -24)
                       : sign * std::ldexp(1024 + mantissa, exponent - 25);
}

TEST(ScalarTypes, ReadsEveryHalf) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const auto expected = static_cast<float>(half_value(half));
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(half_to_float(half))) << bits;
    } else {
      EXPECT_THAT(std::bit_cast<std::uint32_t>(half_to_float(half)),
                  Eq(std::bit_cast<std::uint32_t>(expected)))
          << bits;
    }
  }
}

TEST(ScalarTypes, ReadsBfloat16) {
  EXPECT_EQ(bfloat16_to_float(0x3f80), 1.0F);
  EXPECT_EQ(bfloat16_to_float(0xc040), -3.0F);
  EXPECT_EQ(bfloat16_to_float(0x7f80), INFINITY);
}

}  // namespace
}  // namespace alexnet
