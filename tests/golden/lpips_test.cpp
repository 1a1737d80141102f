// LPIPS against the Python packages, and what must hold of it on its own.
#include <alexnet/error.h>
#include <alexnet/lpips.h>
#include <alexnet/networks.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "golden/digest.h"
#include "golden/lpips_fixture.h"
#include "support/case_name.h"
#include "support/tolerances.h"

namespace alexnet::golden {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kPackage = 1e-5;  // relative, of distances
constexpr double kSame = 1e-6;     // of one distance computed in two ways

Lpips make(const std::string& variant, const LpipsOptions& options) {
  return Lpips(lpips_trunk(variant), options);
}

Lpips make(const std::string& variant = "0.1") {
  return make(variant, lpips_options(variant));
}

double distance(Lpips& lpips, const LpipsPictures& pictures) {
  return lpips.distance(pictures.reference, pictures.image).distance;
}

// `expected`: all layers', then each one's.
void expect_near(const LpipsDistance& got, const std::vector<double>& expected) {
  EXPECT_NEAR(got.distance, expected[0], kPackage * expected[0]);
  for (std::size_t i = 0; i < got.layers.size(); ++i) {
    EXPECT_NEAR(got.layers[i], expected[i + 1], kPackage * expected[i + 1]) << "layer " << i;
  }
}

class LpipsVariants : public testing::TestWithParam<std::string> {};

TEST_P(LpipsVariants, DistancesAreThePackages) {
  Lpips lpips = make(GetParam());
  for (const json& one : lpips_answers().at("cases")) {
    SCOPED_TRACE(one.at("pair"));
    const LpipsPictures pictures = lpips_pictures(one.at("pair"));
    expect_near(lpips.distance(pictures.reference, pictures.image),
                one.at("distances").at(GetParam()));
  }
}

TEST_P(LpipsVariants, TheReferenceEnginesToo) {
  LpipsOptions options = lpips_options(GetParam());
  options.engine = "reference";
  Lpips lpips = make(GetParam(), options);
  for (const json& one : lpips_answers().at("cases")) {
    if (one.at("height") == 131) continue;
    SCOPED_TRACE(one.at("pair"));
    const LpipsPictures pictures = lpips_pictures(one.at("pair"));
    expect_near(lpips.distance(pictures.reference, pictures.image),
                one.at("distances").at(GetParam()));
  }
}

std::vector<float> sampled(const Tensor& values) {
  std::vector<float> samples;
  const auto count = static_cast<std::size_t>(values.size());
  for (const std::uint32_t i : sample_positions(count, lpips_answers().at("seed"), 0)) {
    samples.push_back(values[i]);
  }
  return samples;
}

TEST_P(LpipsVariants, GradientsArePyTorchs) {
  const LpipsPictures pictures = noise_pictures(65, 97);
  const std::vector<double> expected = lpips_answers().at("gradients").at(GetParam()).at("samples");
  for (const char* engine : {"cpu", "reference"}) {
    SCOPED_TRACE(engine);
    LpipsOptions options = lpips_options(GetParam());
    options.engine = engine;
    Lpips lpips = make(GetParam(), options);
    const LpipsGradient got =
        lpips.gradient(as_floats(pictures.reference), as_floats(pictures.image));
    EXPECT_EQ(got.gradient.shape(), (Shape{1, 3, 65, 97}));
    EXPECT_LT(tolerances::relative_error(sampled(got.gradient), expected), tolerances::kRelative);
    const double distance = lpips.distance(pictures.reference, pictures.image).distance;
    EXPECT_NEAR(got.distances.front().distance, distance, kSame * distance);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, LpipsVariants,
                         testing::Values("0.1", "0.0", "quiet", "quiet torchmetrics"), kCaseName);

TEST(Lpips, MapsAreThePackages) {
  Lpips lpips = make();
  for (const auto& [pair, answer] : lpips_answers().at("maps").items()) {
    SCOPED_TRACE(pair);
    const LpipsPictures pictures = lpips_pictures(pair);
    LpipsDistance distance;
    const Tensor map = lpips.map(pictures.reference, pictures.image, &distance);
    EXPECT_EQ(map.shape(), (Shape{pictures.image.height, pictures.image.width}));
    const double sum = std::accumulate(map.values().begin(), map.values().end(), 0.0);
    EXPECT_NEAR(sum, answer.at("sum").get<double>(), kPackage * sum);
    const std::vector<double> expected = answer.at("samples");
    EXPECT_LT(tolerances::relative_error(sampled(map), expected), kPackage);
    EXPECT_EQ(distance.distance, lpips.distance(pictures.reference, pictures.image).distance);
  }
}

TEST(Lpips, IsSymmetric) {
  Lpips lpips = make();
  const LpipsPictures pictures = noise_pictures(65, 97);
  EXPECT_EQ(distance(lpips, pictures), distance(lpips, {pictures.image, pictures.reference}));
}

TEST(Lpips, IsZeroForEqualPictures) {
  Lpips lpips = make();
  const Image image = noise_pictures(70, 81).image;
  EXPECT_EQ(lpips.distance(image, image).distance, 0);
}

TEST(Lpips, IsTheSameWithAnyNumberOfThreads) {
  const LpipsPictures pictures = noise_pictures(131, 300);
  Lpips one = make("0.1", {.threads = 1});
  for (const int threads : {2, 3}) {
    Lpips several = make("0.1", {.threads = threads});
    EXPECT_EQ(distance(one, pictures), distance(several, pictures)) << threads;
  }
}

TEST(Lpips, IsTheSameInBatches) {
  std::vector<LpipsPictures> pictures;
  std::vector<ImagePair> pairs;
  for (int i = 0; i < 37; ++i) {  // more than are computed together, and some of another size
    pictures.push_back(noise_pictures(i % 12 == 11 ? 40 : 64, 64));
    pictures.back().image.pixels[static_cast<std::size_t>(100 * i)] ^= 0xFF;
  }
  for (const LpipsPictures& one : pictures) pairs.push_back({&one.reference, &one.image});
  Lpips lpips = make();
  const std::vector<LpipsDistance> together = lpips.distances(pairs);
  ASSERT_EQ(together.size(), pairs.size());
  Lpips alone = make("0.1", {.threads = 1});
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    EXPECT_EQ(together[i].distance, distance(alone, pictures[i])) << i;
  }
}

TEST(Lpips, FloatsAreTheSameInBatches) {
  constexpr std::int64_t kPairs = 35;  // more than are computed together
  const LpipsPictures pictures = noise_pictures(40, 50);
  const Tensor reference = as_floats(pictures.reference);
  const Tensor image = as_floats(pictures.image);
  Tensor references({kPairs, 3, 40, 50});
  Tensor images({kPairs, 3, 40, 50});
  std::vector<double> expected;
  Lpips alone = make("0.1", {.threads = 1});
  for (std::int64_t i = 0; i < kPairs; ++i) {
    Tensor other = image.clone();
    other[7 * i] = 1 - other[7 * i];
    expected.push_back(alone.distances(reference, other).front().distance);
    std::ranges::copy(reference.values(), references.data() + i * image.size());
    std::ranges::copy(other.values(), images.data() + i * image.size());
  }
  const std::vector<LpipsDistance> together = make().distances(references, images);
  ASSERT_EQ(together.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(together[i].distance, expected[i]) << i;
  }
}

TEST(Lpips, IsTheSameInTiles) {
  for (const auto& [height, width] : {std::pair(600, 64), {609, 500}, {64, 777}}) {
    const LpipsPictures pictures = noise_pictures(height, width);
    Lpips whole = make();
    const double expected = distance(whole, pictures);
    const Tensor map = whole.map(pictures.reference, pictures.image);
    for (const int share : {2, 3, 1000}) {  // 1000: as small as they can be
      SCOPED_TRACE(testing::Message() << height << "x" << width << " by " << share);
      LpipsOptions options{.threads = 2, .tile_pixels = std::int64_t{height} * width / share};
      Lpips tiled = make("0.1", options);
      EXPECT_NEAR(distance(tiled, pictures), expected, kSame * expected);
      const Tensor in_tiles = tiled.map(pictures.reference, pictures.image);
      EXPECT_LT(tolerances::relative_error(in_tiles.values(), map.values()), kSame);
      const Tensor reference = as_floats(pictures.reference);
      const Tensor image = as_floats(pictures.image);
      EXPECT_NEAR(tiled.distances(reference, image).front().distance, expected, kSame * expected);
    }
  }
}

// A step along the gradient, and one along a single pixel.
TEST(Lpips, GradientsAreThoseOfFiniteDifferences) {
  LpipsOptions options{.engine = "reference", .threads = 2};
  Lpips lpips = make("0.1", options);
  const LpipsPictures pictures = noise_pictures(31, 31);
  const Tensor reference = as_floats(pictures.reference);
  Tensor image = as_floats(pictures.image);
  const Tensor gradient = make().gradient(reference, image).gradient;
  const double squares = std::inner_product(gradient.values().begin(), gradient.values().end(),
                                            gradient.values().begin(), 0.0);
  const auto moved = [&](double by) {
    Tensor other = image.clone();
    for (std::int64_t i = 0; i < other.size(); ++i) {
      other[i] += static_cast<float>(by / std::sqrt(squares)) * gradient[i];
    }
    return lpips.distances(reference, other).front().distance;
  };
  constexpr double kStep = 1e-3;
  const double slope = (moved(kStep) - moved(-kStep)) / (2 * kStep);
  EXPECT_NEAR(slope, std::sqrt(squares), 0.01 * std::sqrt(squares));
}

TEST(Lpips, GradientsOfEqualPicturesAreZero) {
  for (const char* engine : {"cpu", "reference"}) {
    LpipsOptions options{.engine = engine, .threads = 2};
    Lpips lpips = make("0.1", options);
    const Tensor image = as_floats(noise_pictures(40, 50).image);
    const LpipsGradient got = lpips.gradient(image, image);
    EXPECT_EQ(got.distances.front().distance, 0);
    for (const float value : got.gradient.values()) ASSERT_EQ(value, 0);
  }
}

// A trunk whose features are all zero: where PyTorch's are NaN.
TEST(Lpips, GradientsOfNoFeaturesAreFinite) {
  for (const char* engine : {"cpu", "reference"}) {
    Model model = lpips_trunk("0.1");
    for (float& bias : model.parameters.at("features.10.bias").values()) bias = -1e6F;
    LpipsOptions options{.engine = engine, .threads = 2};
    Lpips lpips(std::move(model), options);
    const LpipsPictures pictures = noise_pictures(40, 50);
    const LpipsGradient got =
        lpips.gradient(as_floats(pictures.reference), as_floats(pictures.image));
    EXPECT_EQ(got.distances.front().layers[4], 0);
    for (const float value : got.gradient.values()) ASSERT_TRUE(std::isfinite(value));
  }
}

TEST(Lpips, BatchesOfFloatsHaveTheirOwnGradients) {
  Lpips lpips = make();
  const LpipsPictures pictures = noise_pictures(40, 50);
  const Tensor one = as_floats(pictures.reference);
  const Tensor other = as_floats(pictures.image);
  const auto both = [](const Tensor& a, const Tensor& b) {
    Tensor batch({2, 3, 40, 50});
    std::ranges::copy(a.values(), batch.data());
    std::ranges::copy(b.values(), batch.data() + a.size());
    return batch;
  };
  const LpipsGradient got = lpips.gradient(both(one, other), both(other, one));
  const auto first = got.gradient.values().first(static_cast<std::size_t>(one.size()));
  const auto second = got.gradient.values().last(static_cast<std::size_t>(one.size()));
  EXPECT_EQ(tolerances::relative_error(first, lpips.gradient(one, other).gradient.values()), 0);
  EXPECT_EQ(tolerances::relative_error(second, lpips.gradient(other, one).gradient.values()), 0);
}

TEST(Lpips, WhatCannotBeComparedIsRefused) {
  Lpips lpips = make();
  const LpipsPictures pictures = noise_pictures(64, 64);
  EXPECT_THAT([&] { lpips.distance(pictures.reference, noise_pictures(64, 65).image); },
              ThrowsMessage<Error>(HasSubstr("64x64 and 64x65 pixels cannot be compared")));
  EXPECT_THAT([&] { lpips.distance(noise_pictures(30, 64).image, noise_pictures(30, 64).image); },
              ThrowsMessage<Error>(HasSubstr("larger image, of at least 31 x 31 pixels")));
  Image grey{.height = 64, .width = 64, .channels = 1, .pixels = std::vector<std::uint8_t>(4096)};
  EXPECT_THAT([&] { lpips.distance(grey, grey); },
              ThrowsMessage<Error>(HasSubstr("compares RGB images")));
}

TEST(Lpips, ImagesWithoutTheirPixelsAreRefused) {
  Lpips lpips = make();
  const Image empty{.height = 0, .width = 0, .channels = 3, .pixels = {}};
  EXPECT_THAT([&] { lpips.distance(empty, empty); },
              ThrowsMessage<Error>(HasSubstr("0x0 RGB pixels in 0 bytes cannot be compared")));
  Image cut = noise_pictures(64, 64).image;
  cut.pixels.pop_back();
  EXPECT_THAT([&] { lpips.map(noise_pictures(64, 64).image, cut); },
              ThrowsMessage<Error>(HasSubstr("64x64 RGB pixels in 12287 bytes")));
  for (const Shape& shape : {Shape{0, 3, 64, 64}, Shape{1, 3, 0, 64}, Shape{1, 3, 64, 0}}) {
    EXPECT_THAT([&] { lpips.distances(Tensor(shape), Tensor(shape)); },
                ThrowsMessage<Error>(HasSubstr("tensors of one shape (n, 3, h, w)")));
  }
}

TEST(Lpips, FloatsOfAnotherRangeAreRefused) {
  Lpips lpips = make();
  const Tensor image = as_floats(noise_pictures(64, 64).image);
  for (const auto& [scale, shift] : {std::pair(255.0F, 0.0F), std::pair(2.0F, -1.0F)}) {
    Tensor other = image.clone();
    for (float& value : other.values()) value = scale * value + shift;
    EXPECT_THAT([&] { lpips.distances(other, other); },
                ThrowsMessage<Error>(HasSubstr("values of images as floats are 0 to 1")));
  }
  Tensor broken = image.clone();
  broken[7] = std::nanf("");
  EXPECT_THAT([&] { lpips.gradient(image, broken); },
              ThrowsMessage<Error>(HasSubstr("a value of an image is NaN")));
}

TEST(Lpips, AnotherNetworksConvolutionsAreRefused) {
  Model model{.architecture = make_network("alexnet-2012")};
  model.parameters = Parameters(model.architecture);
  EXPECT_THAT([&] { Lpips lpips(std::move(model)); },
              ThrowsMessage<Error>(HasSubstr("alexnet-2012 has others")));
}

}  // namespace
}  // namespace alexnet::golden
