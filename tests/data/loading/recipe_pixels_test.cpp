// What the 2012 recipe needs of the pixels: mean image, colours, places of crops, ten crops.
#include <alexnet/dataset.h>
#include <alexnet/loader.h>
#include <alexnet/transforms.h>
#include <gmock/gmock.h>

#include <array>
#include <cmath>

#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;

/// Random images of several sizes.
class RandomImages : public Dataset {
 public:
  explicit RandomImages(int channels) : channels_(channels) {}
  std::size_t size() const override { return 40; }
  Sample sample(std::size_t index) const override {
    RandomStream random({.seed = 7, .minor = static_cast<std::uint32_t>(index)});
    Image image{.height = 20 + static_cast<int>(random.below(9)),
                .width = 20 + static_cast<int>(random.below(15)),
                .channels = channels_,
                .pixels = {}};
    for (int i = 0; i < image.height * image.width * channels_; ++i) {
      image.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
    return {.image = std::move(image), .label = static_cast<std::int32_t>(index)};
  }
  int channels() const override { return channels_; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  int channels_;
  std::vector<std::string> classes_;
};

constexpr Preprocess kSettings{.resize = 16, .crop = 11, .channels = 3};

Image centre_square(const Image& image) {
  return preprocess_image(
      image,
      {.resize = kSettings.resize, .crop = kSettings.resize, .channels = kSettings.channels});
}

TEST(PixelStatistics, TheMeanImageIsTheMeanOfTheCentreSquares) {
  const RandomImages set(3);
  const MeanImage mean = measure_pixels(set, kSettings).mean;
  EXPECT_EQ(mean.size, 16);
  EXPECT_EQ(mean.channels, 3);
  std::vector<double> sums(16 * 16 * 3);
  for (std::size_t i = 0; i < set.size(); ++i) {
    const Image square = centre_square(set.sample(i).image);
    for (std::size_t p = 0; p < sums.size(); ++p) sums[p] += square.pixels[p];
  }
  ASSERT_EQ(mean.values.size(), sums.size());
  for (std::size_t p = 0; p < sums.size(); ++p) {
    EXPECT_NEAR(mean.values[p], sums[p] / 40 / 255, 1e-6);
  }
}

TEST(PixelStatistics, GreyHasOneComponentItsVariance) {
  const RandomImages set(1);
  const Preprocess settings{.resize = 16, .crop = 11, .channels = 1};
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const Image square =
        preprocess_image(set.sample(i).image, {.resize = 16, .crop = 16, .channels = 1});
    for (const std::uint8_t byte : square.pixels) {
      sum += byte / 255.0;
      squares += byte / 255.0 * (byte / 255.0);
    }
  }
  const double count = 40 * 16 * 16;
  const double variance = squares / count - sum / count * (sum / count);
  const std::vector<float> axes = measure_pixels(set, settings).colours;
  ASSERT_EQ(axes.size(), 1U);
  EXPECT_NEAR(axes[0], variance, 1e-6);
}

// λ p of an orthonormal p: the covariance is the sum of the outer products over λ.
TEST(PrincipalColours, MakeUpTheCovariance) {
  const std::array<std::array<double, 3>, 3> covariance{
      {{0.07, 0.05, 0.03}, {0.05, 0.06, 0.04}, {0.03, 0.04, 0.08}}};
  const std::vector<float> axes = principal_colours(covariance, 3);
  ASSERT_EQ(axes.size(), 9U);
  std::array<double, 3> lengths{};
  std::array<std::array<double, 3>, 3> sum{};
  for (std::size_t i = 0; i < 3; ++i) {
    const float* axis = &axes[3 * i];
    lengths[i] = std::hypot(axis[0], axis[1], axis[2]);
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t b = 0; b < 3; ++b) sum[a][b] += double{axis[a]} * axis[b] / lengths[i];
    }
  }
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) EXPECT_NEAR(sum[a][b], covariance[a][b], 1e-7);
  }
  EXPECT_GT(lengths[0], lengths[1]);
  EXPECT_GT(lengths[1], lengths[2]);
  EXPECT_GT(axes[0], 0);  // the brighter of two directions
}

TEST(ColourNoise, FollowsTheAxesWithItsDeviation) {
  const ColourNoise noise{.deviation = 0.1F, .axes = {2, 2, 2, 1, -1, 0, 0, 0, 0.5F}};
  double along = 0;
  double across = 0;
  constexpr std::uint32_t kDraws = 4000;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const RandomKey key{.seed = 1, .purpose = Purpose::colour, .minor = i};
    const auto shift = draw_colour(noise, key);
    EXPECT_EQ(shift, draw_colour(noise, key));
    const double first = (shift[0] + shift[1]) / 4;   // of the first axis
    const double second = (shift[0] - shift[1]) / 2;  // of the second
    along += first * first;
    across += second * second;
  }
  EXPECT_NEAR(std::sqrt(along / kDraws), 0.1, 0.005);
  EXPECT_NEAR(std::sqrt(across / kDraws), 0.1, 0.005);
}

TEST(ColourNoise, ShiftsGreyAsOne) {
  const ColourNoise noise{.deviation = 0.1F, .axes = {0.5F}};
  const auto shift = draw_colour(noise, {.seed = 1, .purpose = Purpose::colour});
  EXPECT_NE(shift[0], 0.0F);
  EXPECT_EQ(shift[1], 0.0F);
}

TEST(TenCrops, CentreCornersAndTheirMirrors) {
  const std::vector<Placement> places = ten_crop_placements(Preprocess{.resize = 256, .crop = 224});
  ASSERT_EQ(places.size(), 10U);
  EXPECT_EQ(places[0], (Placement{.top = 16, .left = 16}));
  EXPECT_EQ(places[2], (Placement{.top = 0, .left = 32}));
  EXPECT_EQ(places[4], (Placement{.top = 32, .left = 32}));
  EXPECT_EQ(places[9], (Placement{.top = 32, .left = 32, .mirrored = true}));
}

TEST(TenCrops, WithoutAMarginOnlyTheMirrorIsAnother) {
  EXPECT_EQ(ten_crop_placements(Preprocess{.resize = 64, .crop = 64}).size(), 2U);
}

TEST(TenCrops, TheLoaderGivesThemSideBySide) {
  const auto set = std::make_shared<RandomImages>(3);
  Loader loader(set, {.batch_size = 7, .workers = 2, .preprocess = kSettings, .ten_crops = true});
  const std::vector<Placement> places = ten_crop_placements(kSettings);
  const std::size_t bytes = 11 * 11 * 3;
  std::size_t samples = 0;
  loader.start(0);
  while (const Batch* batch = loader.next()) {
    EXPECT_EQ(batch->views, 10);
    EXPECT_EQ(batch->count, static_cast<int>(10 * batch->labels.size()));
    ASSERT_EQ(batch->placements.size(), static_cast<std::size_t>(batch->count));
    for (std::size_t i = 0; i < batch->placements.size(); ++i) {
      const Image square = centre_square(set->sample(batch->indices[i / 10]).image);
      const Placement& place = places[i % 10];
      EXPECT_EQ(batch->placements[i], place);
      const Image cut = crop(square, {place.top, place.left, 11, 11});
      const Image expected = place.mirrored ? flip_horizontally(cut) : cut;
      EXPECT_TRUE(std::equal(expected.pixels.begin(), expected.pixels.end(),
                             batch->pixels.begin() + static_cast<std::ptrdiff_t>(i * bytes)));
    }
    samples += batch->labels.size();
  }
  EXPECT_EQ(samples, set->size());
}

LoaderOptions recipe_options(int workers) {
  Augmentation augmentation{.flip = true, .central = true};
  augmentation.colour = {.deviation = 0.1F, .axes = {1, 1, 1, 0, 0, 0, 0, 0, 0}};
  return {.batch_size = 8,
          .workers = workers,
          .seed = 3,
          .shuffle = true,
          .preprocess = kSettings,
          .augmentation = augmentation};
}

TEST(RecipeLoader, EveryCropSaysWhereInTheSquareItLay) {
  const auto set = std::make_shared<RandomImages>(3);
  Loader loader(set, recipe_options(2));
  const std::size_t bytes = 11 * 11 * 3;
  int mirrored = 0;
  loader.start(1);
  while (const Batch* batch = loader.next()) {
    ASSERT_EQ(batch->placements.size(), static_cast<std::size_t>(batch->count));
    for (std::size_t i = 0; i < batch->placements.size(); ++i) {
      const Placement& place = batch->placements[i];
      mirrored += place.mirrored ? 1 : 0;
      EXPECT_NE(place.colour[0], 0.0F);
      const Image square = centre_square(set->sample(batch->indices[i]).image);
      const Image cut = crop(square, {place.top, place.left, 11, 11});
      const Image expected = place.mirrored ? flip_horizontally(cut) : cut;
      EXPECT_TRUE(std::equal(expected.pixels.begin(), expected.pixels.end(),
                             batch->pixels.begin() + static_cast<std::ptrdiff_t>(i * bytes)));
    }
  }
  EXPECT_GT(mirrored, 8);
  EXPECT_LT(mirrored, 32);
}

TEST(RecipeLoader, TheDrawsDoNotDependOnTheWorkers) {
  const auto set = std::make_shared<RandomImages>(3);
  const auto placements = [&](int workers, std::uint32_t epoch) {
    Loader loader(set, recipe_options(workers));
    std::vector<Placement> all;
    loader.start(epoch);
    while (const Batch* batch = loader.next()) {
      all.insert(all.end(), batch->placements.begin(), batch->placements.end());
    }
    return all;
  };
  EXPECT_EQ(placements(1, 2), placements(3, 2));
  EXPECT_NE(placements(1, 2), placements(1, 3));
}

}  // namespace
}  // namespace alexnet::test
