#include <alexnet/transforms.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "data/image/fixtures.h"
#include "support/case_name.h"
#include "support/expect_error.h"

namespace alexnet::test {
namespace {

// One grey row after the other: 0, 1, 2, …
Image counting(int height, int width) {
  Image image{.height = height, .width = width, .channels = 1, .pixels = {}};
  for (int i = 0; i < height * width; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(i));
  }
  return image;
}

using Pixels = std::vector<std::uint8_t>;

std::string text(const Image& image) {
  return {image.pixels.begin(), image.pixels.end()};
}

TEST(Crop, OutsideIsBlack) {
  EXPECT_EQ(crop(counting(2, 3), {-1, 1, 3, 3}).pixels, (Pixels{0, 0, 0, 1, 2, 0, 4, 5, 0}));
  EXPECT_EQ(crop(counting(2, 3), {1, -2, 2, 3}).pixels, (Pixels{0, 0, 3, 0, 0, 0}));
  EXPECT_EQ(crop(counting(2, 3), {5, 5, 1, 1}).pixels, Pixels{0});
}

TEST(CentreCrop, RoundsHalvesToEven) {
  EXPECT_EQ(centre_crop(counting(1, 4), {1, 3}).pixels, (Pixels{0, 1, 2}));  // 0.5 -> 0
  EXPECT_EQ(centre_crop(counting(1, 6), {1, 3}).pixels, (Pixels{2, 3, 4}));  // 1.5 -> 2
  EXPECT_EQ(centre_crop(counting(1, 8), {1, 3}).pixels, (Pixels{2, 3, 4}));  // 2.5 -> 2
  EXPECT_EQ(centre_crop(counting(1, 5), {1, 3}).pixels, (Pixels{1, 2, 3}));
}

TEST(CentreCrop, RefusesSmallerImages) {
  EXPECT_ERROR(centre_crop(counting(4, 5), {5, 5}), "5 x 5", "5 x 4");
}

TEST(Flip, MirrorsRowsAndKeepsChannelsTogether) {
  const Image image{
      .height = 2, .width = 2, .channels = 3, .pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  EXPECT_EQ(flip_horizontally(image).pixels, (Pixels{4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9}));
}

TEST(Preprocess, LikeTorchvision) {
  const Image input =
      preprocess_image(read_netpbm("photo.ppm"), {.resize = 48, .crop = 33, .channels = 3});
  EXPECT_EQ(distance(input, read_netpbm("photo_input.ppm")), 0);
}

struct Input {
  int width;
  int height;
  int side;
};

void PrintTo(const Input& input, std::ostream* out) {
  *out << input.width << "x" << input.height << " to " << input.side;
}

class InputsOfOddSizes : public ::testing::TestWithParam<Input> {};

TEST_P(InputsOfOddSizes, LikeTorchvision) {
  const auto [width, height, side] = GetParam();
  const Image source = crop(read_netpbm("photo.ppm"), {0, 0, height, width});
  const Image input = preprocess_image(source, {.resize = side, .crop = side - 7, .channels = 3});
  const std::string file = fmt::format("input_{}x{}_{}.ppm", width, height, side);
  EXPECT_EQ(distance(input, read_netpbm(file)), 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, InputsOfOddSizes,
                         ::testing::Values(Input{90, 67, 40}, Input{67, 41, 33}, Input{31, 66, 30},
                                           Input{11, 67, 24}, Input{9, 8, 25}),
                         kCaseName);

TEST(Frame, ResizesAPartLikeTorchvision) {
  const Image photo = read_netpbm("photo.ppm");
  Framing framing{.part = {11, 23, 40, 30}, .height = 21, .width = 21, .window = {0, 0, 21, 21}};
  EXPECT_EQ(distance(frame(photo, framing, 3), read_netpbm("part_21x21.ppm")), 0);
  framing.flip = true;
  EXPECT_EQ(distance(frame(photo, framing, 3), read_netpbm("part_21x21_flipped.ppm")), 0);
}

TEST(Frame, PadsLikePillow) {
  const Image photo = read_netpbm("photo.ppm");
  const Framing framing{
      .part = {0, 0, 67, 90}, .height = 67, .width = 90, .window = {-2, -3, 70, 60}};
  EXPECT_EQ(distance(frame(photo, framing, 3), read_netpbm("padded.ppm")), 0);
}

TEST(Preprocess, ConvertsColourToGreyLikePillow) {
  const Image grey =
      preprocess_image(read_netpbm("photo.ppm"), {.resize = 67, .crop = 67, .channels = 1});
  EXPECT_EQ(distance(grey, centre_crop(read_netpbm("photo.pgm"), {67, 67})), 0);
}

TEST(Preprocess, RepeatsGreyAsColour) {
  const Image colour = preprocess_image(counting(2, 2), {.resize = 2, .crop = 2, .channels = 3});
  EXPECT_EQ(colour.pixels, (Pixels{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}));
  EXPECT_ERROR(preprocess_image(counting(2, 2), {.resize = 2, .crop = 2, .channels = 2}), "not 2");
}

// Of photo.ppm, 90 x 67.
TEST(Preprocess, CoversWhatIsNotSquare) {
  const Image photo = read_netpbm("photo.ppm");
  const Preprocess wide{.resize = {32, 60}, .crop = {30, 50}};
  const Image input = preprocess_image(photo, wide);
  EXPECT_EQ(input.size(), (Size{30, 50}));
  EXPECT_EQ(distance(input, centre_crop(resize(photo, {44, 60}), {30, 50})), 0);  // 44.67
  const Preprocess tall{.resize = {67, 30}, .crop = {60, 30}};
  EXPECT_EQ(distance(preprocess_image(photo, tall), centre_crop(photo, {60, 30})), 0);
}

TEST(Preprocess, StretchesWhereItIsTold) {
  const Image photo = read_netpbm("photo.ppm");
  const Preprocess settings{.resize = {32, 60}, .crop = {30, 50}, .fit = Fit::stretch};
  EXPECT_EQ(
      distance(preprocess_image(photo, settings), centre_crop(resize(photo, {32, 60}), {30, 50})),
      0);
}

// One number is the shorter side, whatever shape the crop has: torchvision's Resize(60).
TEST(Preprocess, OneNumberIsTheShorterSide) {
  const Image photo = read_netpbm("photo.ppm");
  const Preprocess settings{.resize = 60, .crop = {20, 50}};
  EXPECT_EQ(distance(preprocess_image(photo, settings),
                     centre_crop(resize_short_side(photo, 60), {20, 50})),
            0);
}

TEST(TenCrops, OfWhatIsNotSquare) {
  const Preprocess settings{.resize = {32, 60}, .crop = {30, 50}};
  const std::vector<Placement> places = ten_crop_placements(settings);
  ASSERT_EQ(places.size(), 10U);
  EXPECT_EQ(places[0], (Placement{.top = 1, .left = 5}));
  EXPECT_EQ(places[4], (Placement{.top = 2, .left = 10}));
  const Image photo = read_netpbm("photo.ppm");
  const Image middle = centre_crop(resize(photo, {44, 60}), {32, 60});
  const std::vector<Image> crops = ten_crop_images(photo, settings);
  EXPECT_EQ(distance(crops[0], preprocess_image(photo, settings)), 0);
  EXPECT_EQ(distance(crops[4], crop(middle, {2, 10, 30, 50})), 0);
}

RandomKey key(std::uint32_t sample) {
  return {.seed = 7, .purpose = Purpose::augmentation, .major = 1, .minor = sample};
}

TEST(Augment, EveryCropAndFlipIsOneOfTheImage) {
  const Image image = counting(4, 4);
  const Preprocess settings{.resize = 4, .crop = 3, .channels = 1};
  std::set<std::string> possible;
  for (int top = -1; top <= 2; ++top) {
    for (int left = -1; left <= 2; ++left) {
      const Image cut = crop(image, {top, left, 3, 3});
      possible.insert({text(cut), text(flip_horizontally(cut))});
    }
  }
  std::set<std::string> seen;
  for (std::uint32_t sample = 0; sample < 2000; ++sample) {
    seen.insert(text(augment(image, settings, {.padding = 1, .flip = true}, key(sample))));
  }
  EXPECT_EQ(seen, possible);
  EXPECT_EQ(seen.size(), 32U);
}

TEST(Augment, CropsThatAreNotSquareLieInTheImage) {
  const Image image = counting(6, 9);
  const Preprocess settings{.resize = {4, 8}, .crop = {2, 5}, .channels = 1};
  for (const bool central : {false, true}) {
    std::set<std::pair<int, int>> places;
    for (std::uint32_t sample = 0; sample < 500; ++sample) {
      const Framing framing =
          random_framing(image.size(), settings, {.central = central}, key(sample));
      EXPECT_EQ((Size{framing.height, framing.width}), (Size{5, 8}));
      places.insert({framing.window.top, framing.window.left});
      EXPECT_EQ((Size{framing.window.height, framing.window.width}), settings.crop);
    }
    EXPECT_EQ(places.size(), central ? 12U : 16U);
  }
  const Framing resized = random_framing(image.size(), settings, {.resized_crop = true}, key(1));
  EXPECT_EQ((Size{resized.height, resized.width}), settings.crop);
}

TEST(Augment, FlipsAboutHalf) {
  const Image image = counting(1, 2);
  const Preprocess settings{.resize = 1, .crop = 1, .channels = 1};
  const Image wide = counting(2, 2);
  int flipped = 0;
  for (std::uint32_t sample = 0; sample < 1000; ++sample) {
    const Image result =
        augment(wide, {.resize = 2, .crop = 2, .channels = 1}, {.flip = true}, key(sample));
    flipped += result.pixels[0] == 1 ? 1 : 0;
    EXPECT_EQ(augment(image, settings, {}, key(sample)).pixels.size(), 1U);
  }
  EXPECT_NEAR(flipped, 500, 60);
}

TEST(Augment, DependsOnTheKeyAlone) {
  const Image photo = read_netpbm("photo.ppm");
  const Preprocess settings{.resize = 40, .crop = 32, .channels = 3};
  const Augmentation augmentation{.padding = 4, .flip = true};
  const Image once = augment(photo, settings, augmentation, key(3));
  EXPECT_EQ(distance(once, augment(photo, settings, augmentation, key(3))), 0);
  EXPECT_NE(distance(once, augment(photo, settings, augmentation, key(4))), 0);
}

TEST(Augment, RefusesSmallerImages) {
  const Preprocess settings{.resize = 2, .crop = 5, .channels = 1};
  EXPECT_ERROR(augment(counting(2, 2), settings, {.padding = 1}, key(0)), "5 x 5", "2 x 2");
}

}  // namespace
}  // namespace alexnet::test
