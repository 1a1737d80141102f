#include <alexnet/error.h>
#include <alexnet/tensor.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "support/expect_error.h"

namespace alexnet {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Shape, IsWrittenAsInPython) {
  EXPECT_EQ(to_string(Shape{2, 1, 64, 64}), "(2, 1, 64, 64)");
  EXPECT_EQ(to_string(Shape{10}), "(10,)");
  EXPECT_EQ(to_string(Shape{}), "()");
}

TEST(Shape, CountsElements) {
  EXPECT_EQ(element_count({2, 3, 4}), 24);
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({5, 0}), 0);
}

TEST(Shape, RefusesTheImpossible) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT([] { element_count({3, -1}); }, ThrowsMessage<Error>(HasSubstr("(3, -1)")));
  EXPECT_THAT([&] { element_count({huge, 2}); }, ThrowsMessage<Error>(HasSubstr("not possible")));
}

TEST(Tensor, BeginsAsZeros) {
  const Tensor tensor({3, 5});
  EXPECT_EQ(tensor.size(), 15);
  EXPECT_THAT(tensor.values(), Each(0.0F));
}

TEST(Tensor, IsAlignedToCacheLines) {
  for (const std::int64_t size : {1, 7, 4096, 1 << 20}) {
    const Tensor tensor({size});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0U) << size;
  }
}

TEST(Tensor, TakesValues) {
  const Tensor tensor({2, 2}, std::array{1.0F, 2.0F, 3.0F, 4.0F});
  EXPECT_THAT(tensor.values(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(tensor[2], 3.0F);
}

TEST(Tensor, RefusesAnotherNumberOfValues) {
  EXPECT_THAT(([] {
                Tensor({2, 2}, std::array{1.0F, 2.0F, 3.0F});
              }),
              ThrowsMessage<Error>(HasSubstr("(2, 2) needs 4 values, not 3")));
}

TEST(Tensor, ClonesAreIndependent) {
  Tensor tensor({2}, std::array{1.0F, 2.0F});
  const Tensor copy = tensor.clone();
  tensor[0] = 9.0F;
  EXPECT_THAT(copy.values(), ElementsAre(1, 2));
  EXPECT_EQ(copy.shape(), tensor.shape());
}

TEST(Tensor, WithoutElementsIsEmpty) {
  EXPECT_TRUE(Tensor().empty());
  const Tensor none({0, 4});
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.clone().values().empty());
}

TEST(Tensor, OfStoredNumbersGivesFloats) {
  const std::array<std::uint16_t, 2> halves{0x3C00, 0xC000};
  const std::array<std::uint16_t, 2> bfloats{0x3F80, 0xC040};
  const std::array<std::int8_t, 4> bytes{1, -127, 2, 3};
  const std::array<float, 2> scales{0.5F, 2.0F};
  const Tensor of_halves({2}, {.precision = Precision::fp16, .numbers = halves.data()});
  const Tensor of_bfloats({2}, {.precision = Precision::bf16, .numbers = bfloats.data()});
  const Tensor of_bytes(
      {2, 2}, {.precision = Precision::int8, .numbers = bytes.data(), .scales = scales.data()});
  EXPECT_THAT(of_halves.values(), ElementsAre(1, -2));
  EXPECT_THAT(of_bfloats.values(), ElementsAre(1, -3));
  EXPECT_THAT(of_bytes.values(), ElementsAre(0.5F, -63.5F, 4, 6));
  std::array<float, 2> some{};
  of_bytes.read(1, some);
  EXPECT_THAT(some, ElementsAre(-63.5F, 4));
}

TEST(Tensor, OfStoredNumbersForgetsThemWhenItIsChanged) {
  const std::array<std::uint16_t, 2> halves{0x3C00, 0xC000};
  Tensor tensor({2}, {.precision = Precision::fp16, .numbers = halves.data()});
  const Tensor copy = tensor.clone();
  EXPECT_NE(tensor.stored(), nullptr);
  ASSERT_NE(copy.stored(), nullptr);
  EXPECT_NE(copy.stored()->numbers, tensor.stored()->numbers);
  tensor.data()[0] = 7;
  EXPECT_EQ(tensor.stored(), nullptr);
  EXPECT_THAT(tensor.values(), ElementsAre(7, -2));
  EXPECT_THAT(copy.values(), ElementsAre(1, -2));
}

TEST(Tensor, OfStoredBytesIsCopiedWithItsScales) {
  const std::array<std::int8_t, 4> bytes{1, -127, 2, 3};
  std::array<float, 2> scales{0.5F, 2.0F};
  const Tensor tensor(
      {2, 2}, {.precision = Precision::int8, .numbers = bytes.data(), .scales = scales.data()});
  Tensor copy = tensor.clone();
  scales[0] = 9;
  EXPECT_EQ(copy.stored()->precision, Precision::int8);
  EXPECT_FALSE(copy.stored()->mapped);
  EXPECT_THAT(std::as_const(copy).values(), ElementsAre(0.5F, -63.5F, 4, 6));
  copy[0] = 8;
  EXPECT_EQ(copy.stored(), nullptr);
  EXPECT_THAT(copy.clone().values(), ElementsAre(8, -63.5F, 4, 6));
}

TEST(Tensor, OfStoredBytesIsAMatrixWithScales) {
  const std::array<std::int8_t, 4> bytes{1, -127, 2, 3};
  const std::array<float, 2> scales{0.5F, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_ERROR(Tensor({2, 2}, {.precision = Precision::int8, .numbers = bytes.data()}),
               "bytes of shape (2, 2) have no scales");
  EXPECT_ERROR(
      Tensor({4}, {.precision = Precision::int8, .numbers = bytes.data(), .scales = scales.data()}),
      "bytes of shape (4,)", "a matrix");
  const Tensor bad(
      {2, 2}, {.precision = Precision::int8, .numbers = bytes.data(), .scales = scales.data()});
  EXPECT_EQ(bad.first_not_finite(), 2);
}

// Both have the same memory, whose pages must not be read from a file again.
TEST(Tensor, SharedWithOneThatIsChangedForgetsWhatIsStored) {
  std::array<float, 2> floats{1, 2};
  Tensor tensor({2}, StoredValues{.numbers = floats.data()});
  const Tensor shared = tensor.shared(nullptr);
  EXPECT_EQ(shared.first_not_finite(), 2);
  tensor[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(shared.stored(), nullptr);
  EXPECT_EQ(shared.first_not_finite(), 1);
}

TEST(Tensor, FindsWhatIsNotFinite) {
  const std::array<std::uint16_t, 3> halves{0x3C00, 0x7C00, 0x7E00};
  const std::array<std::uint16_t, 2> bfloats{0x7F7F, 0xFF80};
  EXPECT_EQ(
      Tensor({3}, {.precision = Precision::fp16, .numbers = halves.data()}).first_not_finite(), 1);
  EXPECT_EQ(
      Tensor({2}, {.precision = Precision::bf16, .numbers = bfloats.data()}).first_not_finite(), 1);
  Tensor floats({3});
  EXPECT_EQ(floats.first_not_finite(), 3);
  floats[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(floats.first_not_finite(), 2);
}

}  // namespace
}  // namespace alexnet
