#include <alexnet/transforms.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "data/image/fixtures.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

RandomKey key(std::uint32_t sample) {
  return {.seed = 7, .purpose = Purpose::augmentation, .major = 1, .minor = sample};
}

constexpr int kHeight = 375;
constexpr int kWidth = 500;

Rectangle draw(int height, int width, std::uint32_t sample) {
  RandomStream random(key(sample));
  return random_resized_crop({height, width}, random);
}

TEST(RandomResizedCrop, KeepsToAreaAndAspectRatio) {
  for (std::uint32_t sample = 0; sample < 5000; ++sample) {
    const Rectangle part = draw(kHeight, kWidth, sample);
    ASSERT_GE(part.top, 0);
    ASSERT_GE(part.left, 0);
    ASSERT_LE(part.top + part.height, kHeight);
    ASSERT_LE(part.left + part.width, kWidth);
    // Sides are rounded by half a pixel of at least 91.
    const double area = 1.0 * part.height * part.width / (kHeight * kWidth);
    ASSERT_GE(area, 0.08 * 0.98);
    const double ratio = 1.0 * part.width / part.height;
    ASSERT_GE(ratio, 0.75 * 0.98);
    ASSERT_LE(ratio, 4.0 / 3.0 * 1.02);
  }
}

// Of torchvision's RandomResizedCrop on images of this size, 200,000 draws: large parts fit less
// often than they are drawn.
TEST(RandomResizedCrop, HasTorchvisionsDistribution) {
  double area = 0;
  double log_ratio = 0;
  double centre = 0;
  constexpr int kDraws = 20'000;
  for (std::uint32_t sample = 0; sample < kDraws; ++sample) {
    const Rectangle part = draw(kHeight, kWidth, sample);
    area += 1.0 * part.height * part.width / (kHeight * kWidth);
    log_ratio += std::log(1.0 * part.width / part.height);
    centre += (part.left + part.width / 2.0) / kWidth;
  }
  EXPECT_NEAR(area / kDraws, 0.433, 0.01);
  EXPECT_NEAR(log_ratio / kDraws, 0.031, 0.01);
  EXPECT_NEAR(centre / kDraws, 0.5, 0.005);
}

// torchvision's fallback for images that are too long for any draw.
TEST(RandomResizedCrop, TakesTheMiddleOfExtremeShapes) {
  EXPECT_EQ(draw(1, 1, 0), (Rectangle{0, 0, 1, 1}));
  EXPECT_EQ(draw(2, 1000, 0), (Rectangle{0, 498, 2, 3}));  // round(2 * 4/3)
  EXPECT_EQ(draw(1000, 2, 0), (Rectangle{498, 0, 3, 2}));  // round(2 / 0.75)
  EXPECT_EQ(draw(10, 4000, 0), (Rectangle{0, 1993, 10, 13}));
}

TEST(RandomFraming, CropsAPartAndResizesIt) {
  const Image photo = read_netpbm("photo.ppm");
  const Preprocess settings{.resize = 40, .crop = 32, .channels = 3};
  const Augmentation augmentation{.flip = true, .resized_crop = true};
  std::set<bool> flips;
  for (std::uint32_t sample = 0; sample < 20; ++sample) {
    const Framing framing =
        random_framing({photo.height, photo.width}, settings, augmentation, key(sample));
    EXPECT_EQ(framing.part, draw(photo.height, photo.width, sample));
    EXPECT_EQ(framing.window, (Rectangle{0, 0, 32, 32}));
    const Image expected = resize(photo, framing.part, {32, 32});
    EXPECT_EQ(distance(augment(photo, settings, augmentation, key(sample)),
                       framing.flip ? flip_horizontally(expected) : expected),
              0);
    flips.insert(framing.flip);
  }
  EXPECT_EQ(flips.size(), 2U);
}

TEST(CentreFraming, SaysWhatPreprocessDoes) {
  const Framing framing = centre_framing({67, 90}, {.resize = 48, .crop = 33, .channels = 3});
  EXPECT_EQ(framing, (Framing{.part = {0, 0, 67, 90},
                              .height = 48,
                              .width = 64,
                              .window = {8, 16, 33, 33},
                              .flip = false}));
}

TEST(Frame, PartsThatAreNotInTheImageAreRefused) {
  const Image image = pattern(0, 20, 3, 1, 0);
  for (const Rectangle& part :
       {Rectangle{0, 0, 21, 20}, Rectangle{-1, 0, 5, 5}, Rectangle{0, 15, 5, 6},
        Rectangle{0, 0, 0, 5}, Rectangle{1, 1, std::numeric_limits<int>::max(), 2}}) {
    const Framing framing{.part = part, .height = 8, .width = 8, .window = {0, 0, 8, 8}};
    EXPECT_ERROR(frame(image, framing, 3), "20 x 20 pixels has no part");
  }
}

}  // namespace
}  // namespace alexnet::test
