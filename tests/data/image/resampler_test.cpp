#include "data/image/resampler.h"

#include <gtest/gtest.h>

#include "data/image/fixtures.h"
#include "data/image/slow_resize.h"
#include "support/simd_levels.h"

namespace alexnet::test {
namespace {

Image noise(int height, int width, int channels, std::uint32_t seed) {
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  RandomStream random({.seed = seed});
  for (int i = 0; i < height * width * channels; ++i) {
    // Extremes among it: they show sums that overflow or round wrongly.
    const std::uint32_t value = random.below(400);
    image.pixels.push_back(static_cast<std::uint8_t>(value > 327 ? 0 : std::min(value, 255U)));
  }
  return image;
}

class ResamplerOn : public cpu::EachSimdLevel {};

TEST_P(ResamplerOn, AnySizeLikeTheSlowTwin) {
  RandomStream random({.seed = 5});
  const auto side = [&random](std::uint32_t most) {
    return static_cast<int>(random.below(most)) + 1;
  };
  for (std::uint32_t i = 0; i < 300; ++i) {
    const int channels = random.below(4) == 0 ? 1 : 3;
    const std::uint32_t most = i % 10 == 0 ? 300 : 40;
    const Image image = noise(side(most), side(most), channels, i);
    const int height = side(70);
    const int width = side(70);
    ASSERT_EQ(distance(resize(image, {height, width}), slow_resize(image, height, width)), 0)
        << image.width << " x " << image.height << " to " << width << " x " << height;
  }
}

TEST_P(ResamplerOn, AnyFramingLikeTheSlowTwin) {
  RandomStream random({.seed = 6});
  const auto draw = [&random](int low, int high) {
    return low + static_cast<int>(random.below(static_cast<std::uint32_t>(high - low + 1)));
  };
  Resampler resampler;  // used again and again, as workers do
  for (std::uint32_t i = 0; i < 500; ++i) {
    const Image image = noise(draw(1, 60), draw(1, 60), draw(0, 3) == 0 ? 1 : 3, i);
    Framing framing;
    framing.part.top = draw(0, image.height - 1);
    framing.part.left = draw(0, image.width - 1);
    framing.part.height = draw(1, image.height - framing.part.top);
    framing.part.width = draw(1, image.width - framing.part.left);
    framing.height = draw(1, 40);
    framing.width = draw(1, 40);
    framing.window = {draw(-9, 30), draw(-9, 30), draw(1, 40), draw(1, 40)};
    framing.flip = draw(0, 1) == 1;
    const Image expected = slow_frame(image, framing);
    Image result = expected;
    result.pixels.assign(expected.pixels.size(), 99);
    resampler.resample(image, framing, result.pixels.data());
    ASSERT_EQ(distance(result, expected), 0) << "case " << i;
  }
}

ALEXNET_ON_EACH_SIMD_LEVEL(ResamplerOn);

TEST(Resampler, AsksForNoMoreThanTheOutputsRead) {
  Resampler resampler;
  resampler.begin({.part = {100, 200, 100, 100},
                   .height = 50,
                   .width = 100,
                   .window = {10, 20, 5, 5},
                   .flip = true},
                  3);
  // Rows by half, so that output 10 reads 19 to 22 of the part; columns as they are,
  // where the neighbour has a weight of zero.
  EXPECT_EQ(resampler.source(), (Rectangle{119, 220, 12, 6}));
}

TEST(Resampler, ReducedImagesHaveFractionalParts) {
  Resampler resampler;
  resampler.begin({.part = {5, 2, 10, 9}, .height = 2, .width = 2, .window = {0, 0, 2, 2}}, 3, 2);
  EXPECT_EQ(resampler.source(), (Rectangle{2, 1, 6, 5}));  // 2.5 to 7.5, 1 to 5.5
}

}  // namespace
}  // namespace alexnet::test
