// LPIPS through the C interface: the same numbers as the C++ library's.
#include <alexnet/lpips.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <vector>

#include "capi/c_handles.h"
#include "support/temp_folder.h"
#include "support/trunk_model.h"

namespace alexnet::test {
namespace {

constexpr int kHeight = 33;
constexpr int kWidth = 40;
constexpr std::size_t kBytes = std::size_t{3} * kHeight * kWidth;

std::vector<std::uint8_t> noise(std::size_t count, std::uint64_t seed) {
  RandomStream stream({.seed = seed});
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(stream.below(256));
  return bytes;
}

alexnet_images pictures(int count) {
  alexnet_images images = no_images();
  images.count = count;
  images.channels = 3;
  images.height = kHeight;
  images.width = kWidth;
  return images;
}

alexnet_images pictures(const std::vector<std::uint8_t>& bytes) {
  alexnet_images images = pictures(static_cast<int>(bytes.size() / kBytes));
  images.bytes = bytes.data();
  return images;
}

alexnet_images pictures(const Tensor& floats) {
  alexnet_images images = pictures(static_cast<int>(floats.shape()[0]));
  images.floats = floats.data();
  return images;
}

Image image_of(const std::vector<std::uint8_t>& bytes, std::size_t index) {
  const auto* const first = bytes.data() + index * kBytes;
  return {.height = kHeight, .width = kWidth, .channels = 3, .pixels = {first, first + kBytes}};
}

Tensor floats(std::uint64_t seed) {
  Tensor tensor({2, 3, kHeight, kWidth});
  fill_uniform(tensor.values(), {.seed = seed}, 0.0F, 1.0F);
  return tensor;
}

class CLpips : public ::testing::Test {
 protected:
  CLpips() {
    save_trunk(path_, test::trunk());
    lpips_ = load(lpips_options());
  }

  LpipsHandle load(const alexnet_lpips_options& options) const {
    alexnet_lpips* lpips = nullptr;
    EXPECT_EQ(alexnet_lpips_load(path_.c_str(), &options, &lpips), ALEXNET_OK)
        << alexnet_last_error();
    return LpipsHandle(lpips);
  }

  alexnet_status compare(const alexnet_images& references, const alexnet_images& images) {
    double distances[2];
    return alexnet_lpips_distances(lpips_.get(), &references, &images, distances);
  }

  TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "trunk.safetensors";
  LpipsHandle lpips_;
  const std::vector<std::uint8_t> references_ = noise(2 * kBytes, 1);
  const std::vector<std::uint8_t> images_ = noise(2 * kBytes, 2);
};

TEST_F(CLpips, DistancesAreTheLibrarys) {
  Lpips expected(test::trunk());
  double distances[2] = {};
  const alexnet_images references = pictures(references_);
  const alexnet_images images = pictures(images_);
  ASSERT_OK(alexnet_lpips_distances(lpips_.get(), &references, &images, distances));
  for (std::size_t i = 0; i < 2; ++i) {
    const double distance =
        expected.distance(image_of(references_, i), image_of(images_, i)).distance;
    EXPECT_DOUBLE_EQ(distances[i], distance);
  }
}

TEST_F(CLpips, OptionsAreTheLibrarys) {
  auto options = lpips_options();
  options.version = ALEXNET_LPIPS_0_0;
  options.epsilon = ALEXNET_EPSILON_TORCHMETRICS;
  options.engine = "reference";
  const LpipsHandle lpips = load(options);
  Lpips expected(
      test::trunk(),
      {.version = LpipsVersion::v0_0, .epsilon = Epsilon::torchmetrics, .engine = "reference"});
  const std::vector<std::uint8_t> reference(references_.begin(), references_.begin() + kBytes);
  const std::vector<std::uint8_t> image(images_.begin(), images_.begin() + kBytes);
  const alexnet_images left = pictures(reference);
  const alexnet_images right = pictures(image);
  double distance = 0;
  ASSERT_OK(alexnet_lpips_distances(lpips.get(), &left, &right, &distance));
  EXPECT_DOUBLE_EQ(distance,
                   expected.distance(image_of(reference, 0), image_of(image, 0)).distance);
}

TEST_F(CLpips, AMapIsOfOnePair) {
  const std::vector<std::uint8_t> reference(references_.begin(), references_.begin() + kBytes);
  const std::vector<std::uint8_t> image(images_.begin(), images_.begin() + kBytes);
  alexnet_images left = pictures(reference);
  const alexnet_images right = pictures(image);
  alexnet_tensor map{};
  double distance = 0;
  ASSERT_OK(alexnet_lpips_map(lpips_.get(), &left, &right, &map, &distance));
  EXPECT_THAT(shape_of(map), testing::ElementsAre(kHeight, kWidth));
  Lpips expected(test::trunk());
  LpipsDistance known;
  const Tensor values = expected.map(image_of(reference, 0), image_of(image, 0), &known);
  EXPECT_EQ(values_of(map), values_of(values.values()));
  EXPECT_DOUBLE_EQ(distance, known.distance);

  const alexnet_images references = pictures(references_);
  const alexnet_images images = pictures(images_);
  EXPECT_REFUSED(alexnet_lpips_map(lpips_.get(), &references, &images, &map, nullptr),
                 ALEXNET_BAD_INPUT, "a map is of one pair");
}

TEST_F(CLpips, GradientsAreTheLibrarys) {
  const Tensor references = floats(3);
  const Tensor images = floats(4);
  const alexnet_images left = pictures(references);
  const alexnet_images right = pictures(images);
  alexnet_tensor gradient{};
  double distances[2] = {};
  ASSERT_OK(alexnet_lpips_gradient(lpips_.get(), &left, &right, &gradient, distances));
  Lpips expected(test::trunk());
  const LpipsGradient known = expected.gradient(references, images);
  EXPECT_THAT(shape_of(gradient), testing::ElementsAre(2, 3, kHeight, kWidth));
  EXPECT_EQ(values_of(gradient), values_of(known.gradient.values()));
  EXPECT_DOUBLE_EQ(distances[1], known.distances[1].distance);
}

TEST_F(CLpips, PairsThatAreNone) {
  const alexnet_images references = pictures(references_);
  alexnet_images images = pictures(images_);
  images.count = 1;
  EXPECT_REFUSED(compare(references, images), ALEXNET_BAD_INPUT,
                 "2 references and 1 images make no pairs");
  images.count = 0;
  EXPECT_REFUSED(compare(images, images), ALEXNET_BAD_INPUT, "make no pairs");
  images = pictures(images_);
  images.height = kHeight - 3;
  EXPECT_REFUSED(compare(references, images), ALEXNET_BAD_INPUT, "cannot be compared");
  EXPECT_REFUSED(compare(images, images), ALEXNET_BAD_INPUT, "31");
  const Tensor values = floats(5);
  EXPECT_REFUSED(compare(references, pictures(values)), ALEXNET_BAD_INPUT, "not one of each");
  Tensor wrong = floats(5);
  wrong[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_REFUSED(compare(pictures(values), pictures(wrong)), ALEXNET_BAD_INPUT, "NaN");
  alexnet_tensor gradient{};
  EXPECT_REFUSED(alexnet_lpips_gradient(lpips_.get(), &references, &references, &gradient, nullptr),
                 ALEXNET_BAD_INPUT, "bytes have no gradient");
}

TEST_F(CLpips, WhatIsNoTrunk) {
  auto* lpips = reinterpret_cast<alexnet_lpips*>(1);
  EXPECT_REFUSED(alexnet_lpips_load("no such file", nullptr, &lpips), ALEXNET_NOT_FOUND,
                 "no such file");
  EXPECT_EQ(lpips, nullptr);
  auto options = lpips_options();
  options.version = 2;
  EXPECT_REFUSED(alexnet_lpips_load(path_.c_str(), &options, &lpips), ALEXNET_BAD_INPUT,
                 "there is no version of LPIPS 2; choose one of 0 (0.1), 1 (0.0)");
  options = lpips_options();
  options.epsilon = -1;
  EXPECT_REFUSED(alexnet_lpips_load(path_.c_str(), &options, &lpips), ALEXNET_BAD_INPUT,
                 "there is no epsilon -1");
  options = lpips_options();
  options.reserved = 1;
  EXPECT_REFUSED(alexnet_lpips_load(path_.c_str(), &options, &lpips), ALEXNET_BAD_INPUT,
                 "reserved is not 0");
}

TEST_F(CLpips, NullIsSaid) {
  const alexnet_images references = pictures(references_);
  double distances[2] = {};
  alexnet_tensor tensor{};
  alexnet_lpips* lpips = nullptr;
  EXPECT_REFUSED(alexnet_lpips_options_init(nullptr, 32), ALEXNET_BAD_INPUT, "the struct is NULL");
  EXPECT_REFUSED(alexnet_lpips_load(nullptr, nullptr, &lpips), ALEXNET_BAD_INPUT, "path is NULL");
  EXPECT_REFUSED(alexnet_lpips_load("x", nullptr, nullptr), ALEXNET_BAD_INPUT, "lpips is NULL");
  EXPECT_REFUSED(alexnet_lpips_distances(nullptr, &references, &references, distances),
                 ALEXNET_BAD_INPUT, "lpips is NULL");
  EXPECT_REFUSED(alexnet_lpips_distances(lpips_.get(), nullptr, &references, distances),
                 ALEXNET_BAD_INPUT, "references is NULL");
  EXPECT_REFUSED(alexnet_lpips_distances(lpips_.get(), &references, nullptr, distances),
                 ALEXNET_BAD_INPUT, "images is NULL");
  EXPECT_REFUSED(alexnet_lpips_distances(lpips_.get(), &references, &references, nullptr),
                 ALEXNET_BAD_INPUT, "distances is NULL");
  EXPECT_REFUSED(alexnet_lpips_map(nullptr, &references, &references, &tensor, nullptr),
                 ALEXNET_BAD_INPUT, "lpips is NULL");
  EXPECT_REFUSED(alexnet_lpips_map(lpips_.get(), &references, &references, nullptr, nullptr),
                 ALEXNET_BAD_INPUT, "map is NULL");
  EXPECT_REFUSED(alexnet_lpips_gradient(nullptr, &references, &references, &tensor, nullptr),
                 ALEXNET_BAD_INPUT, "lpips is NULL");
  EXPECT_REFUSED(alexnet_lpips_gradient(lpips_.get(), &references, &references, nullptr, nullptr),
                 ALEXNET_BAD_INPUT, "gradient is NULL");
  alexnet_lpips_free(nullptr);
}

}  // namespace
}  // namespace alexnet::test
