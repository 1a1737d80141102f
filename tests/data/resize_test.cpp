#include <alexnet/transforms.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "data/expect_error.h"
#include "data/fixtures.h"

namespace alexnet::test {
namespace {

struct Size {
  int width;
  int height;
};

class ResizeLikePillow : public ::testing::TestWithParam<Size> {};

TEST_P(ResizeLikePillow, EveryPixel) {
  const auto [width, height] = GetParam();
  const Image expected =
      read_netpbm("photo_" + std::to_string(width) + "x" + std::to_string(height) + ".ppm");
  EXPECT_EQ(distance(resize(read_netpbm("photo.ppm"), height, width), expected), 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ResizeLikePillow,
                         ::testing::Values(Size{64, 64}, Size{40, 30}, Size{7, 5}, Size{90, 20},
                                           Size{131, 67}, Size{100, 80}));

struct Corner {
  Size source;
  Size target;
};

class ResizeOddSizesLikePillow : public ::testing::TestWithParam<Corner> {};

TEST_P(ResizeOddSizesLikePillow, EveryPixel) {
  const auto [source, target] = GetParam();
  const Image expected = read_netpbm(fmt::format("corner_{}x{}_to_{}x{}.ppm", source.width,
                                                 source.height, target.width, target.height));
  const Image corner = crop(read_netpbm("photo.ppm"), 0, 0, source.height, source.width);
  EXPECT_EQ(distance(resize(corner, target.height, target.width), expected), 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ResizeOddSizesLikePillow,
                         ::testing::Values(Corner{{1, 1}, {5, 7}}, Corner{{1, 1}, {1, 1}},
                                           Corner{{1, 40}, {9, 9}}, Corner{{67, 1}, {3, 20}},
                                           Corner{{90, 2}, {64, 64}}, Corner{{2, 67}, {100, 3}},
                                           Corner{{13, 11}, {101, 77}}, Corner{{90, 67}, {3, 1}},
                                           Corner{{90, 67}, {1, 1}}, Corner{{31, 17}, {30, 18}},
                                           Corner{{90, 5}, {7, 5}}, Corner{{64, 64}, {63, 65}}));

TEST(Resize, GreyLikePillow) {
  EXPECT_EQ(distance(resize(read_netpbm("digit.pgm"), 64, 64), read_netpbm("digit_64x64.pgm")), 0);
}

TEST(Resize, OfAPartSeesNothingOutsideIt) {
  const Image photo = read_netpbm("photo.ppm");
  const Image part = crop(photo, 11, 23, 40, 30);
  EXPECT_EQ(distance(resize(photo, {11, 23, 40, 30}, 17, 21), resize(part, 17, 21)), 0);
  EXPECT_ERROR(resize(photo, {60, 0, 8, 8}, 5, 5), "90 x 67", "8 x 8 at (0, 60)");
  EXPECT_ERROR(resize(photo, {0, -1, 8, 8}, 5, 5), "8 x 8 at (-1, 0)");
}

TEST(Resize, SameSizeChangesNothing) {
  const Image photo = read_netpbm("photo.ppm");
  EXPECT_EQ(distance(resize(photo, photo.height, photo.width), photo), 0);
}

TEST(Resize, RefusesEmptySizes) {
  const Image photo = read_netpbm("photo.ppm");
  EXPECT_ERROR(resize(photo, 0, 5), "90 x 67", "5 x 0");
  EXPECT_ERROR(resize(Image{}, 5, 5), "0 x 0");
  EXPECT_ERROR(resize_short_side(Image{}, 5), "0 x 0");
}

TEST(ResizeShortSide, TruncatesTheLongSide) {
  const Image photo = read_netpbm("photo.ppm");  // 90 x 67
  const Image wide = resize_short_side(photo, 48);
  EXPECT_EQ(wide.height, 48);
  EXPECT_EQ(wide.width, 64);  // 64.48
  const Image tall = resize_short_side(resize(photo, 90, 67), 50);
  EXPECT_EQ(tall.width, 50);
  EXPECT_EQ(tall.height, 67);  // 67.16
}

}  // namespace
}  // namespace alexnet::test
