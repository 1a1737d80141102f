#include <alexnet/error.h>
#include <alexnet/tensor.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

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

}  // namespace
}  // namespace alexnet
