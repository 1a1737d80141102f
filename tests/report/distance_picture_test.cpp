#include "report/distance_picture.h"

#include <alexnet/explain.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "report/font.h"

namespace alexnet {
namespace {

constexpr std::uint8_t kInk = 32;
constexpr std::uint8_t kPaper = 255;

Image green(int height, int width) {
  Image image{.height = height, .width = width, .channels = 3, .pixels = {}};
  for (int i = 0; i < height * width; ++i) image.pixels.insert(image.pixels.end(), {10, 200, 30});
  return image;
}

bool has_ink(const Image& image, int top, int left) {
  for (int y = top; y < top + kGlyphHeight; ++y) {
    for (int x = left; x < left + kGlyphWidth; ++x) {
      if (image.at(y, x, 0) == kInk) return true;
    }
  }
  return false;
}

TEST(DistancePicture, IsHotWhereTheMapIsLargeAndGreyElsewhere) {
  Tensor map({64, 100});
  map[10 * 100 + 20] = 0.5F;
  const Image picture = distance_picture(green(64, 100), map);
  EXPECT_EQ(picture.width, 100);
  EXPECT_EQ(picture.height, 64 + kGlyphHeight + 8);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(picture.at(10, 19, c), 110);
    EXPECT_EQ(picture.at(63, 99, c), 110);
  }
  EXPECT_GT(picture.at(10, 20, 0), 200);  // yellow
  EXPECT_GT(picture.at(10, 20, 1), 180);
  EXPECT_LT(picture.at(10, 20, 2), 120);
}

// "0", the colours, and the largest value.
TEST(DistancePicture, HasAScale) {
  Tensor map({64, 100});
  map[0] = 0.5F;
  const Image picture = distance_picture(green(64, 100), map);
  constexpr int kTop = 64 + 4;
  const Image scale = overlay_scale(1, 64);
  for (int x = 0; x < scale.width; ++x) {
    for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.at(kTop, 12 + x, c), scale.at(0, x, c)) << x;
  }
  EXPECT_TRUE(has_ink(picture, kTop, 4));
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(has_ink(picture, kTop, 96 - i * kGlyphWidth)) << i;
}

TEST(DistancePicture, IsAsWideAsItsScale) {
  const Image picture = distance_picture(green(31, 31), Tensor({31, 31}));
  EXPECT_GT(picture.width, 31);
  EXPECT_EQ(picture.at(0, 30, 0), 110);
  EXPECT_EQ(picture.at(0, 31, 0), kPaper);
  EXPECT_EQ(picture.pixels.size(), 3U * static_cast<unsigned>(picture.width * picture.height));
}

}  // namespace
}  // namespace alexnet
