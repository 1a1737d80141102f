// How LPIPS cuts large images into tiles.
#include <alexnet/networks.h>
#include <alexnet/size.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

#include "infer/lpips/tiles.h"
#include "support/case_name.h"

namespace alexnet {
namespace {

struct Case {
  Size image;
  std::int64_t pixels = 2'400'000;

  std::int64_t all_pixels() const { return std::int64_t{image.height} * image.width; }
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.image.height << "x" << tested.image.width << " by " << tested.pixels;
}

std::vector<std::size_t> convolutions(const Architecture& trunk) {
  std::vector<std::size_t> layers;
  const std::vector<LayerInfo> infos = trunk.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].kind == "Conv") layers.push_back(i);
  }
  return layers;
}

std::size_t count(const Tiles& tiles) {
  return tiles.rows.sections.size() * tiles.columns.sections.size();
}

class PlannedTiles : public testing::TestWithParam<Case> {
 protected:
  /// Of rows and of columns: the cut, the image's length, the layers' of an image of such a length.
  template <class Check>
  void on_both_axes(const Check& check) const {
    const Size image = GetParam().image;
    const auto lengths = [this](Size size, std::size_t axis) {
      std::vector<int> result;
      const auto infos = make_alexnet_trunk(size).describe();
      for (const std::size_t layer : layers_) {
        result.push_back(static_cast<int>(infos[layer].output[axis]));
      }
      return result;
    };
    check(tiles_.rows, image.height, lengths(image, 1), lengths(tiles_.size(), 1));
    check(tiles_.columns, image.width, lengths(image, 2), lengths(tiles_.size(), 2));
  }

  const Architecture trunk_ = make_alexnet_trunk(GetParam().image);
  const std::vector<std::size_t> layers_ = convolutions(trunk_);
  const Tiles tiles_ = plan_tiles(trunk_, layers_, GetParam().pixels);
};

TEST_P(PlannedTiles, AreOfAtMostSoManyPixels) {
  const Size size = tiles_.size();
  EXPECT_LE(std::int64_t{size.height} * size.width, GetParam().pixels);
  EXPECT_EQ(count(tiles_) > 1, GetParam().all_pixels() > GetParam().pixels);
}

TEST_P(PlannedTiles, CoverTheImage) {
  on_both_axes([](const Cut& cut, int image, const auto& /*whole*/, const auto& /*part*/) {
    EXPECT_EQ(cut.sections.front().begin, 0);
    EXPECT_EQ(cut.sections.back().begin + cut.length, image);
    for (std::size_t i = 1; i < cut.sections.size(); ++i) {
      EXPECT_GT(cut.sections[i].begin, cut.sections[i - 1].begin);
      EXPECT_LE(cut.sections[i].begin, cut.sections[i - 1].begin + cut.length);
    }
  });
}

TEST_P(PlannedTiles, GiveEveryPlaceOfEveryLayerOnce) {
  on_both_axes([](const Cut& cut, int /*image*/, const auto& whole, const auto& /*part*/) {
    for (std::size_t layer = 0; layer < whole.size(); ++layer) {
      SCOPED_TRACE(layer);
      int done = 0;
      for (const Section& section : cut.sections) {
        EXPECT_EQ(section.taken[layer].begin, done);
        EXPECT_GE(section.taken[layer].end, done);
        done = section.taken[layer].end;
      }
      EXPECT_EQ(done, whole[layer]);
    }
  });
}

TEST_P(PlannedTiles, HaveWhatIsTakenFromThem) {
  on_both_axes([](const Cut& cut, int /*image*/, const auto& whole, const auto& part) {
    for (std::size_t layer = 0; layer < whole.size(); ++layer) {
      for (const Section& section : cut.sections) {
        EXPECT_LE(section.offsets[layer], section.taken[layer].begin);
        EXPECT_LE(section.taken[layer].end - section.offsets[layer], part[layer]);
      }
    }
  });
}

TEST_P(PlannedTiles, ComputeLittleTwice) {
  const Size size = tiles_.size();
  const double computed = static_cast<double>(size.height) * size.width * double(count(tiles_));
  const bool is_small = GetParam().pixels < Case().pixels;  // beside the rows that layers see
  EXPECT_LT(computed / static_cast<double>(GetParam().all_pixels()), is_small ? 2.5 : 1.3);
}

INSTANTIATE_TEST_SUITE_P(Images, PlannedTiles,
                         testing::Values(Case{{4320, 7680}}, Case{{7680, 4320}}, Case{{4321, 7681}},
                                         Case{{2160, 3840}}, Case{{1080, 1920}}, Case{{1440, 2560}},
                                         Case{{100'000, 200}}, Case{{777, 64}, 64 * 300},
                                         Case{{800, 700}, 400 * 400}, Case{{31, 31}}),
                         kCaseName);

// Where tiles cannot be as small as is asked for, they still overlap enough.
TEST(Tiles, AreAsSmallAsTheyCanBe) {
  const Architecture trunk = make_alexnet_trunk({609, 530});
  const Tiles tiles = plan_tiles(trunk, convolutions(trunk), 1);
  EXPECT_GT(tiles.rows.sections.size(), 1U);
  EXPECT_GT(tiles.columns.sections.size(), 1U);
  EXPECT_EQ(tiles.rows.sections.back().begin + tiles.rows.length, 609);
  EXPECT_EQ(tiles.columns.sections.back().begin + tiles.columns.length, 530);
}

}  // namespace
}  // namespace alexnet
