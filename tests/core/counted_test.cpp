#include "core/counted.h"

#include <gtest/gtest.h>

namespace alexnet {
namespace {

TEST(Counted, SeparatesThousands) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(57'029'322), "57,029,322");
  EXPECT_EQ(with_thousands(-100), "-100");
  EXPECT_EQ(with_thousands(-1234567), "-1,234,567");
}

TEST(Counted, CountsInSingularAndPlural) {
  EXPECT_EQ(counted(1, "image"), "1 image");
  EXPECT_EQ(counted(0, "image"), "0 images");
  EXPECT_EQ(counted(3000, "image"), "3,000 images");
  EXPECT_EQ(counted(1, "class"), "1 class");
  EXPECT_EQ(counted(2, "class"), "2 classes");
}

}  // namespace
}  // namespace alexnet
