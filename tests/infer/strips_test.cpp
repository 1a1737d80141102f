// How LPIPS cuts large images into strips.
#include "infer/lpips/strips.h"

#include <alexnet/networks.h>
#include <alexnet/size.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

#include "support/case_name.h"

namespace alexnet {
namespace {

struct Cut {
  Size image;
  std::int64_t pixels = 6'500'000;

  std::int64_t all_pixels() const { return std::int64_t{image.height} * image.width; }
};

void PrintTo(const Cut& cut, std::ostream* out) {
  *out << cut.image.height << "x" << cut.image.width << " by " << cut.pixels;
}

std::vector<std::size_t> convolutions(const Architecture& trunk) {
  std::vector<std::size_t> layers;
  const std::vector<LayerInfo> infos = trunk.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].kind == "Conv") layers.push_back(i);
  }
  return layers;
}

class PlannedStrips : public testing::TestWithParam<Cut> {
 protected:
  // Rows that a layer makes of an image of this height.
  std::int64_t rows(int height, std::size_t layer) const {
    return make_alexnet_trunk({height, GetParam().image.width}).describe()[layer].output[1];
  }

  const Architecture trunk_ = make_alexnet_trunk(GetParam().image);
  const std::vector<std::size_t> layers_ = convolutions(trunk_);
  const Strips strips_ = plan_strips(trunk_, layers_, GetParam().pixels);
};

TEST_P(PlannedStrips, AreOfAtMostSoManyPixels) {
  const Cut& cut = GetParam();
  EXPECT_LE(std::int64_t{strips_.height} * cut.image.width, cut.pixels);
  EXPECT_EQ(strips_.all.size() > 1, cut.all_pixels() > cut.pixels);
}

TEST_P(PlannedStrips, CoverTheImage) {
  EXPECT_EQ(strips_.all.front().top, 0);
  EXPECT_EQ(strips_.all.back().top + strips_.height, GetParam().image.height);
  for (std::size_t i = 1; i < strips_.all.size(); ++i) {
    EXPECT_GT(strips_.all[i].top, strips_.all[i - 1].top);
    EXPECT_LE(strips_.all[i].top, strips_.all[i - 1].top + strips_.height);
  }
}

TEST_P(PlannedStrips, GiveEveryRowOfEveryLayerOnce) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    SCOPED_TRACE(i);
    int done = 0;
    for (const Strip& strip : strips_.all) {
      EXPECT_EQ(strip.rows[i].begin, done);
      EXPECT_GE(strip.rows[i].end, done);
      done = strip.rows[i].end;
    }
    EXPECT_EQ(done, rows(GetParam().image.height, layers_[i]));
  }
}

TEST_P(PlannedStrips, HaveTheRowsThatAreTakenFromThem) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::int64_t in_strip = rows(strips_.height, layers_[i]);
    for (const Strip& strip : strips_.all) {
      EXPECT_LE(strip.offset[i], strip.rows[i].begin);
      EXPECT_LE(strip.rows[i].end - strip.offset[i], in_strip);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Images, PlannedStrips,
                         testing::Values(Cut{{4320, 7680}}, Cut{{7680, 4320}}, Cut{{4321, 7681}},
                                         Cut{{2160, 3840}}, Cut{{1080, 1920}}, Cut{{100'000, 200}},
                                         Cut{{777, 64}, 64 * 300}, Cut{{31, 31}}),
                         kCaseName);

// Where strips cannot be as low as is asked for, they still overlap enough.
TEST(Strips, AreAsLowAsTheyCanBe) {
  const Architecture trunk = make_alexnet_trunk({609, 64});
  const Strips strips = plan_strips(trunk, convolutions(trunk), 1);
  EXPECT_GT(strips.all.size(), 1U);
  EXPECT_LT(strips.height, 609);
  EXPECT_EQ(strips.all.back().top + strips.height, 609);
}

}  // namespace
}  // namespace alexnet
