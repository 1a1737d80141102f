// Bytes with a mean image, placements and colour shifts, against the same normalised by hand and
// given as floats: both engines, so that they agree with each other too.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include "support/case_name.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

constexpr int kSpare = 7;  // rows and columns of the mean image beside a crop

struct Case {
  std::string name;
  int channels;
  int side;   ///< the height; the width is 2 more
  Conv conv;  ///< the first layer, of which each kind loads images in its own layout
  int batch;
  int threads;
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

class PlacedImages : public testing::TestWithParam<Case> {
 protected:
  PlacedImages() {
    const auto& [name, channels, side, conv, batch, threads] = GetParam();
    const int width = side + 2;
    auto mean = std::make_shared<MeanImage>(
        MeanImage{.size = {side + kSpare, width + kSpare}, .channels = channels, .values = {}});
    mean->values.resize(static_cast<std::size_t>(mean->size.height * mean->size.width * channels));
    fill_uniform(mean->values, {.seed = 1}, 0.0F, 1.0F);
    normalization_.mean_image = mean;
    RandomStream random({.seed = 2});
    for (int i = 0; i < batch * side * width * channels; ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(random.below(256)));
    }
    for (int c = 0; c < channels; ++c) {
      normalization_.mean.push_back(0.4F);
      normalization_.deviation.push_back(0.2F + 0.1F * static_cast<float>(c));
    }
    for (int i = 0; i < batch; ++i) {
      places_.push_back({.top = static_cast<int>(random.below(kSpare + 1)),
                         .left = static_cast<int>(random.below(kSpare + 1)),
                         .mirrored = i % 2 == 1});
      if (i % 3 != 2) places_.back().colour = {0.1F, -0.05F, 0.2F};
    }
  }

  Images images() const {
    return Images::from_bytes(bytes_, {.count = GetParam().batch,
                                       .channels = GetParam().channels,
                                       .height = GetParam().side,
                                       .width = GetParam().side + 2});
  }

  // What `bytes_` become, as floats (N, C, H, W).
  Tensor by_hand(const std::vector<Placement>& places) const {
    const auto& [name, channels, side, conv, batch, threads] = GetParam();
    const int width = side + 2;
    Tensor floats({batch, channels, side, width});
    std::int64_t to = 0;
    for (int n = 0; n < batch; ++n) {
      const Placement& place = places[static_cast<std::size_t>(n)];
      for (int c = 0; c < channels; ++c) {
        for (int y = 0; y < side; ++y) {
          for (int x = 0; x < width; ++x) floats[to++] = normalised(place, n, c, y, x);
        }
      }
    }
    return floats;
  }

  float normalised(const Placement& place, int n, int c, int y, int x) const {
    const auto& [name, channels, side, conv, batch, threads] = GetParam();
    const int width = side + 2;
    const auto at = [](int index) { return static_cast<std::size_t>(index); };
    const float byte = bytes_[at(((n * side + y) * width + x) * channels + c)];
    const int column = place.left + (place.mirrored ? width - 1 - x : x);
    const MeanImage* mean = normalization_.mean_image.get();
    const float subtracted =
        mean != nullptr
            ? mean->values[at(((place.top + y) * mean->size.width + column) * channels + c)]
            : normalization_.mean[at(c)];
    const float colour = c < 3 ? place.colour[at(c)] : 0.0F;
    return (byte / 255.0F - subtracted + colour) / normalization_.deviation[at(c)];
  }

  void expect_as_by_hand(const Images& given, const std::vector<Placement>& places) const {
    const auto& [name, channels, side, conv, batch, threads] = GetParam();
    const Architecture net{.name = "first layer",
                           .in_channels = channels,
                           .height = side,
                           .width = side + 2,
                           .layers = {conv, Flatten{}, Linear{5}, LogSoftmax{}}};
    const auto parameters =
        std::make_shared<const Parameters>(initialize(net, Initializer::pytorch, 3));
    const Tensor floats = by_hand(places);
    for (const char* which : {"reference", "cpu"}) {
      const auto plan = compile(net, parameters,
                                {{.engine = which,
                                  .max_batch = batch,
                                  .threads = threads,
                                  .normalization = normalization_}});
      const Tensor expected = plan->run(Images(floats)).features.clone();
      EXPECT_LT(tolerances::relative_error(plan->run(given).features.values, expected.values()),
                tolerances::kRelative)
          << which;
    }
  }

  Normalization normalization_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Placement> places_;
};

TEST_P(PlacedImages, CropsMirrorsAndColours) {
  Images given = images();
  given.placements = places_;
  expect_as_by_hand(given, places_);
}

TEST_P(PlacedImages, CentreCropsWhereTheBatchDoesNotSay) {
  constexpr int kCentre = 4;  // of 7, as torchvision rounds 3.5
  expect_as_by_hand(images(), std::vector<Placement>(places_.size(), {kCentre, kCentre}));
}

TEST_P(PlacedImages, ColoursWithoutAMeanImage) {
  normalization_.mean_image = nullptr;
  Images given = images();
  given.placements = places_;
  expect_as_by_hand(given, places_);
}

INSTANTIATE_TEST_SUITE_P(
    Cpu, PlacedImages,
    testing::Values(
        Case{"Strided", 3, 29, {.out_channels = 8, .kernel = 11, .stride = 4, .padding = 2}, 3, 2},
        Case{
            "Ceil", 3, 32, {.out_channels = 8, .kernel = 11, .stride = 4, .ceil_mode = true}, 9, 1},
        Case{"StrideOne", 3, 13, {.out_channels = 16, .kernel = 3, .padding = 1}, 5, 2},
        Case{"Pointwise", 1, 9, {.out_channels = 4, .kernel = 1}, 1, 2},
        Case{"FiveChannels", 5, 11, {.out_channels = 4, .kernel = 5, .stride = 2}, 2, 1},
        Case{"ManyImages", 3, 17, {.out_channels = 4, .kernel = 5, .stride = 4}, 33, 2}),
    kCaseName);

class PlacementErrors : public testing::Test {
 protected:
  static std::unique_ptr<Plan> compile(int mean_size, int mean_channels) {
    auto mean = std::make_shared<MeanImage>();
    *mean = {.size = mean_size, .channels = mean_channels, .values = {}};
    mean->values.resize(static_cast<std::size_t>(mean_size * mean_size * mean_channels));
    const Architecture net{.name = "flat",
                           .in_channels = 1,
                           .height = 4,
                           .width = 4,
                           .layers = {Flatten{}, Linear{2}, LogSoftmax{}}};
    return alexnet::compile(net, std::make_shared<const Parameters>(net),
                            {{.max_batch = 2, .normalization = {{0.5F}, {1.0F}, mean}}});
  }
};

TEST_F(PlacementErrors, AMeanImageMustCoverTheInput) {
  EXPECT_THROW(compile(3, 1), Error);
  EXPECT_THROW(compile(4, 3), Error);
  EXPECT_NO_THROW(compile(4, 1));
}

TEST_F(PlacementErrors, PlacementsMustLieWithinIt) {
  const auto plan = compile(6, 1);
  const std::vector<std::uint8_t> bytes(16);
  const auto run_at = [&](std::vector<Placement> places) {
    Images images = Images::from_bytes(bytes, {.count = 1, .channels = 1, .height = 4, .width = 4});
    images.placements = places;
    plan->run(images);
  };
  EXPECT_NO_THROW(run_at({{2, 2}}));
  EXPECT_THROW(run_at({{3, 0}}), Error);
  EXPECT_THROW(run_at({{0, -1}}), Error);
  EXPECT_THROW(run_at({{0, 0}, {0, 0}}), Error);
}

}  // namespace
}  // namespace alexnet
