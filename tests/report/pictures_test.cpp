#include "report/pictures.h"

#include <gmock/gmock.h>

#include "core/base64.h"

namespace alexnet {
namespace {

using testing::ElementsAre;

TEST(Base64, IsThatOfTheStandard) {  // RFC 4648, section 10
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("\xFF\xFE\xFD"), "//79");
}

TEST(KernelSheet, PutsZeroInTheMiddleAndKernelsSideBySide) {
  // Three kernels of 1 × 1 × 2 × 2 in two columns.
  const std::vector<float> weights{0, 1, -1, 0.5F, 0, 0, 0, 0, 2, 2, 2, 2};
  const Image sheet = kernel_sheet(Tensor({3, 1, 2, 2}, weights), 2);
  EXPECT_EQ(sheet.channels, 1);
  EXPECT_EQ(sheet.height, 5);
  EXPECT_EQ(sheet.width, 5);
  EXPECT_THAT(std::vector(sheet.pixels.begin(), sheet.pixels.begin() + 10),
              ElementsAre(128, 255, 0, 128, 128, 0, 191, 0, 128, 128));
  EXPECT_EQ(sheet.at(4, 1, 0), 255);
  EXPECT_EQ(sheet.at(4, 4, 0), 0);
}

TEST(KernelSheet, IsInColourForThreeInputs) {
  const std::vector<float> weights{1, 0, -1};
  const Image sheet = kernel_sheet(Tensor({1, 3, 1, 1}, weights), 1);
  EXPECT_EQ(sheet.channels, 3);
  EXPECT_THAT(sheet.pixels, ElementsAre(255, 128, 0));
}

TEST(MapPicture, ScalesToItsLargest) {
  EXPECT_THAT(map_picture(std::vector<float>{0, 2, 1, -1}, 2, 2).pixels,
              ElementsAre(0, 255, 128, 0));
  EXPECT_THAT(map_picture(std::vector<float>{0, -2}, 1, 2).pixels, ElementsAre(0, 0));
}

TEST(Enlarge, RepeatsPixels) {
  const Image two{.height = 1, .width = 2, .channels = 1, .pixels = {3, 9}};
  EXPECT_THAT(enlarge(two, 2).pixels, ElementsAre(3, 3, 9, 9, 3, 3, 9, 9));
}

TEST(Thumbnail, KeepsTheShape) {
  Image wide{.height = 50, .width = 200, .channels = 1, .pixels = {}};
  wide.pixels.assign(10'000, 7);
  const Image small = thumbnail(wide, 96);
  EXPECT_EQ(small.width, 96);
  EXPECT_EQ(small.height, 24);
  EXPECT_EQ(thumbnail(wide, 300).width, 200);
}

}  // namespace
}  // namespace alexnet
