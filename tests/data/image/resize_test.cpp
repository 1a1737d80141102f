#include <alexnet/transforms.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "data/image/fixtures.h"
#include "support/case_name.h"
#include "support/expect_error.h"

namespace alexnet::test {
namespace {

struct Size {
  int width;
  int height;
};

void PrintTo(const Size& size, std::ostream* out) {
  *out << size.width << "x" << size.height;
}

class ResizeLikePillow : public ::testing::TestWithParam<Size> {};

TEST_P(ResizeLikePillow, EveryPixel) {
  const auto [width, height] = GetParam();
  const Image expected =
      read_netpbm("photo_" + std::to_string(width) + "x" + std::to_string(height) + ".ppm");
  EXPECT_EQ(distance(resize(read_netpbm("photo.ppm"), {height, width}), expected), 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ResizeLikePillow,
                         ::testing::Values(Size{64, 64}, Size{40, 30}, Size{7, 5}, Size{90, 20},
                                           Size{131, 67}, Size{100, 80}),
                         kCaseName);

struct Corner {
  Size source;
  Size target;
};

void PrintTo(const Corner& corner, std::ostream* out) {
  *out << corner.source.width << "x" << corner.source.height << " to " << corner.target.width << "x"
       << corner.target.height;
}

class ResizeOddSizesLikePillow : public ::testing::TestWithParam<Corner> {};

TEST_P(ResizeOddSizesLikePillow, EveryPixel) {
  const auto [source, target] = GetParam();
  const Image expected = read_netpbm(fmt::format("corner_{}x{}_to_{}x{}.ppm", source.width,
                                                 source.height, target.width, target.height));
  const Image corner = crop(read_netpbm("photo.ppm"), {0, 0, source.height, source.width});
  EXPECT_EQ(distance(resize(corner, {target.height, target.width}), expected), 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ResizeOddSizesLikePillow,
                         ::testing::Values(Corner{{1, 1}, {5, 7}}, Corner{{1, 1}, {1, 1}},
                                           Corner{{1, 40}, {9, 9}}, Corner{{67, 1}, {3, 20}},
                                           Corner{{90, 2}, {64, 64}}, Corner{{2, 67}, {100, 3}},
                                           Corner{{13, 11}, {101, 77}}, Corner{{90, 67}, {3, 1}},
                                           Corner{{90, 67}, {1, 1}}, Corner{{31, 17}, {30, 18}},
                                           Corner{{90, 5}, {7, 5}}, Corner{{64, 64}, {63, 65}}),
                         kCaseName);

TEST(Resize, GreyLikePillow) {
  EXPECT_EQ(distance(resize(read_netpbm("digit.pgm"), {64, 64}), read_netpbm("digit_64x64.pgm")),
            0);
}

TEST(Resize, OfAPartSeesNothingOutsideIt) {
  const Image photo = read_netpbm("photo.ppm");
  const Image part = crop(photo, {11, 23, 40, 30});
  EXPECT_EQ(distance(resize(photo, {11, 23, 40, 30}, {17, 21}), resize(part, {17, 21})), 0);
  EXPECT_ERROR(resize(photo, {60, 0, 8, 8}, {5, 5}), "90 x 67", "8 x 8 at (0, 60)");
  EXPECT_ERROR(resize(photo, {0, -1, 8, 8}, {5, 5}), "8 x 8 at (-1, 0)");
}

// Pixels of Pillow 9.4's Image.resize.
struct Filtered {
  Interpolation interpolation;
  alexnet::Size size;
  std::vector<std::uint8_t> pixels;
};

void PrintTo(const Filtered& filtered, std::ostream* out) {
  *out << to_string(filtered.interpolation) << to_string(filtered.size);
}

class ResizeWithFilterLikePillow : public ::testing::TestWithParam<Filtered> {
 protected:
  Image resized(const Image& image) const {
    const alexnet::Size size = GetParam().size;
    return frame(image,
                 {.part = {0, 0, image.height, image.width},
                  .height = size.height,
                  .width = size.width,
                  .window = {0, 0, size.height, size.width},
                  .interpolation = GetParam().interpolation},
                 image.channels);
  }
};

TEST_P(ResizeWithFilterLikePillow, EveryPixel) {
  Image colour{.height = 3, .width = 7, .channels = 3, .pixels = {}};
  Image grey{.height = 3, .width = 7, .channels = 1, .pixels = {}};
  for (const int value :
       {0, 255, 10, 200, 30, 90, 120, 255, 0, 255, 0, 255, 0, 255, 7, 77, 177, 27, 127, 227, 47}) {
    grey.pixels.push_back(static_cast<std::uint8_t>(value));
    for (const int channel : {value, 255 - value, value * 7 % 256}) {
      colour.pixels.push_back(static_cast<std::uint8_t>(channel));
    }
  }
  const std::vector<std::uint8_t>& expected = GetParam().pixels;
  EXPECT_EQ(resized(colour).pixels, expected);
  std::vector<std::uint8_t> red;
  for (std::size_t i = 0; i < expected.size(); i += 3) red.push_back(expected[i]);
  EXPECT_EQ(resized(grey).pixels, red);
}

INSTANTIATE_TEST_SUITE_P(
    Filters, ResizeWithFilterLikePillow,
    ::testing::Values(
        Filtered{Interpolation::nearest,
                 {5, 4},
                 {0,   255, 0,   10,  245, 70,  30,  225, 210, 120, 135, 72,  0,   255, 0,
                  10,  245, 70,  30,  225, 210, 120, 135, 72,  255, 0,   249, 255, 0,   249,
                  255, 0,   249, 255, 0,   249, 7,   248, 49,  177, 78,  215, 127, 128, 121,
                  47,  208, 73,  7,   248, 49,  177, 78,  215, 127, 128, 121, 47,  208, 73}},
        Filtered{Interpolation::nearest,
                 {2, 11},
                 {0,   255, 0,   0,   255, 0,   255, 0,  249, 10,  245, 70,  10, 245, 70,  200, 55,
                  120, 30,  225, 210, 30,  225, 210, 90, 165, 118, 120, 135, 72, 120, 135, 72,  7,
                  248, 49,  7,   248, 49,  77,  178, 27, 177, 78,  215, 177, 78, 215, 27,  228, 189,
                  127, 128, 121, 127, 128, 121, 227, 28, 53,  47,  208, 73,  47, 208, 73}},
        Filtered{Interpolation::lanczos,
                 {5, 4},
                 {97,  158, 105, 130, 125, 130, 80,  175, 172, 89,  166, 88,  132, 123, 137,
                  129, 126, 118, 97,  158, 149, 116, 139, 124, 153, 102, 149, 122, 133, 119,
                  122, 133, 119, 153, 102, 149, 87,  168, 75,  113, 142, 161, 125, 130, 124,
                  149, 106, 93,  35,  220, 20,  109, 146, 190, 120, 135, 136, 135, 120, 45}},
        Filtered{
            Interpolation::lanczos,
            {2, 11},
            {106, 149, 103, 134, 121, 126, 160, 95,  165, 115, 140, 158, 101, 154, 89, 129, 126,
             65,  137, 118, 192, 87,  168, 211, 37,  218, 82,  119, 136, 99,  184, 71, 147, 109,
             146, 144, 58,  197, 57,  43,  212, 9,   202, 53,  190, 156, 99,  224, 3,  252, 115,
             108, 147, 156, 205, 50,  136, 150, 105, 29,  126, 129, 84,  115, 140, 152}},
        Filtered{Interpolation::bicubic,
                 {5, 4},
                 {107, 148, 110, 118, 137, 122, 85,  170, 172, 97,  158, 91,  128, 127, 128,
                  123, 132, 121, 102, 153, 153, 118, 137, 116, 148, 107, 144, 128, 127, 125,
                  128, 127, 125, 148, 107, 144, 82,  173, 77,  120, 135, 161, 124, 131, 127,
                  140, 115, 92,  35,  220, 30,  114, 141, 184, 118, 137, 131, 132, 123, 55}},
        Filtered{
            Interpolation::bicubic,
            {2, 11},
            {99,  156, 97,  129, 126, 124, 161, 94,  162, 113, 142, 147, 105, 150, 104, 129, 126,
             70,  125, 130, 185, 95,  160, 204, 48,  207, 81,  120, 135, 105, 177, 78,  141, 101,
             154, 133, 68,  187, 66,  48,  207, 16,  187, 68,  187, 151, 104, 210, 10,  245, 118,
             118, 137, 156, 185, 70,  137, 147, 108, 34,  131, 124, 88,  117, 138, 145}},
        Filtered{Interpolation::box,
                 {5, 4},
                 {128, 128, 125, 105, 150, 95,  30,  225, 210, 105, 150, 95,  128, 128, 125,
                  105, 150, 95,  30,  225, 210, 105, 150, 95,  128, 128, 125, 128, 128, 125,
                  255, 0,   249, 128, 128, 125, 42,  213, 38,  102, 153, 202, 127, 128, 121,
                  137, 118, 63,  42,  213, 38,  102, 153, 202, 127, 128, 121, 137, 118, 63}},
        Filtered{
            Interpolation::box,
            {2, 11},
            {128, 128, 125, 128, 128, 125, 128, 128, 125, 133, 123, 160, 133, 123, 160, 100, 155,
             60,  143, 113, 230, 143, 113, 230, 45,  210, 59,  188, 68,  161, 188, 68,  161, 7,
             248, 49,  7,   248, 49,  77,  178, 27,  177, 78,  215, 177, 78,  215, 27,  228, 189,
             127, 128, 121, 127, 128, 121, 227, 28,  53,  47,  208, 73,  47,  208, 73}},
        Filtered{Interpolation::hamming,
                 {5, 4},
                 {106, 149, 103, 79,  176, 100, 76,  179, 180, 107, 148, 92,  118, 137, 115,
                  104, 151, 118, 102, 153, 176, 119, 136, 107, 149, 106, 146, 169, 86,  165,
                  169, 86,  165, 149, 106, 146, 68,  187, 70,  142, 113, 183, 129, 126, 140,
                  130, 125, 88,  37,  218, 41,  132, 123, 190, 114, 141, 130, 122, 133, 65}},
        Filtered{
            Interpolation::hamming,
            {2, 11},
            {71,  184, 69,  116, 139, 113, 184, 71, 179, 88,  167, 125, 92,  163, 113, 145, 110,
             87,  103, 152, 192, 90,  165, 208, 65, 190, 87,  121, 134, 107, 157, 98,  121, 76,
             179, 104, 68,  187, 71,  57,  198, 22, 184, 71,  205, 160, 95,  205, 20,  235, 137,
             132, 123, 153, 163, 92,  145, 164, 91, 40,  128, 127, 89,  105, 150, 122}}),
    kCaseName);

TEST(Resize, SameSizeChangesNothing) {
  const Image photo = read_netpbm("photo.ppm");
  EXPECT_EQ(distance(resize(photo, {photo.height, photo.width}), photo), 0);
}

TEST(Resize, RefusesEmptySizes) {
  const Image photo = read_netpbm("photo.ppm");
  EXPECT_ERROR(resize(photo, {0, 5}), "90 x 67", "5 x 0");
  EXPECT_ERROR(resize(Image{}, {5, 5}), "0 x 0");
  EXPECT_ERROR(resize_short_side(Image{}, 5), "0 x 0");
}

TEST(ResizeShortSide, TruncatesTheLongSide) {
  const Image photo = read_netpbm("photo.ppm");  // 90 x 67
  const Image wide = resize_short_side(photo, 48);
  EXPECT_EQ(wide.height, 48);
  EXPECT_EQ(wide.width, 64);  // 64.48
  const Image tall = resize_short_side(resize(photo, {90, 67}), 50);
  EXPECT_EQ(tall.width, 50);
  EXPECT_EQ(tall.height, 67);  // 67.16
}

}  // namespace
}  // namespace alexnet::test
