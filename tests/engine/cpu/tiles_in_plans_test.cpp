// Whole networks by tiles, on every processor by those in software, beside the reference engine.
#include <alexnet/engine.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "support/tile_units.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using tolerances::relative_error;

class Tiles : public testing::TestWithParam<Precision> {
 protected:
  /// Of logits, against what is not rounded: of bf16 some 0.6 %, of bytes 2 %.
  static double tolerance() { return GetParam() == Precision::bf16 ? 1e-2 : 4e-2; }

  static std::unique_ptr<Plan> plan(const Architecture& net, int batch, int threads = 2) {
    return compile(net, parameters(net), {{.max_batch = batch, .threads = threads}, GetParam()});
  }
  static std::shared_ptr<const Parameters> parameters(const Architecture& net) {
    return std::make_shared<const Parameters>(initialize(net, Initializer::he, 1));
  }
  static Tensor images(const Architecture& net, int count) {
    Tensor images({count, net.in_channels, net.height, net.width});
    fill_uniform(images.values(), {.seed = 3}, -1.0F, 1.0F);
    return images;
  }
  static std::vector<float> logits(Plan& plan, const Tensor& images) {
    const auto values = plan.run(Images(images)).logits.values;
    return {values.begin(), values.end()};
  }

  const cpu::UseTiles software_{cpu::TileUnit::software};
};

bool has_weights(const LayerPlan& layer) {
  return layer.layer.ends_with("Conv") || layer.layer.ends_with("Linear");
}

// Groups and local response normalisation too.
TEST_P(Tiles, NetworksAreNearTheReference) {
  const NetworkOptions small{.in_channels = 1, .classes = 10, .image_size = 67};
  for (const Architecture& net : {make_alexnet(small), make_network("alexnet-2012", small)}) {
    const Tensor batch = images(net, 2);
    const auto tiles = plan(net, 2);
    const auto exact = compile(net, parameters(net), {{.engine = "reference", .max_batch = 2}});
    const std::vector<float> got = logits(*tiles, batch);
    const double error = relative_error(got, logits(*exact, batch));
    EXPECT_LT(error, tolerance()) << net.name;
    EXPECT_GT(error, 1e-4) << net.name << ": nothing was rounded";
    for (const LayerPlan& layer : tiles->layers()) {
      if (!has_weights(layer)) continue;
      EXPECT_THAT(layer.implementation, HasSubstr("tiles of")) << net.name << " " << layer.layer;
      EXPECT_THAT(layer.declined, Each(HasSubstr("columns: for plans of a single image")));
    }
  }
}

Architecture tiny() {
  return {.name = "tiny",
          .in_channels = 3,
          .height = 19,
          .width = 14,
          .layers = {Conv{.out_channels = 20, .kernel = 5, .stride = 2, .padding = 1}, Relu{},
                     Conv{.out_channels = 34, .kernel = 3, .padding = 1, .groups = 2}, Relu{},
                     Flatten{}, Linear{50}, Relu{}, Linear{7}, LogSoftmax{}}};
}

// Whatever the plan's size and however a batch is divided among threads. An image's bytes do not
// depend on the others of its batch.
TEST_P(Tiles, AnyBatchOfAnyThreads) {
  const Architecture net = tiny();
  const Tensor all = images(net, 128);
  const std::size_t pixels = all.values().size() / 128;
  const std::vector<float> expected = logits(*plan(net, 128, 1), all);
  for (const int count : {1, 2, 3, 8, 17, 128}) {
    Tensor some({count, 3, 19, 14});
    std::copy_n(all.data(), pixels * static_cast<std::size_t>(count), some.data());
    for (const int threads : {1, 2, 3}) {
      const std::vector<float> got = logits(*plan(net, count, threads), some);
      EXPECT_TRUE(std::equal(got.begin(), got.end(), expected.begin()))
          << count << " images, " << threads << " threads";
    }
  }
}

// Wide layers of single images leave out the weights of zeros: fewer bytes than tiles read.
TEST_P(Tiles, SingleImagesTakeColumnsFirst) {
  const auto single = plan(make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64}), 1);
  for (const LayerPlan& layer : single->layers()) {
    if (layer.layer == "classifier.4 Linear") {
      EXPECT_THAT(layer.implementation, HasSubstr("columns"));
    }
    if (layer.layer == "classifier.6 Linear") {
      EXPECT_THAT(layer.implementation, HasSubstr("tiles of"));
    }
  }
}

TEST_P(Tiles, DeclineAStrideWithinTheNetwork) {
  Architecture net = tiny();
  net.layers[2] = Conv{.out_channels = 34, .kernel = 3, .stride = 2};
  const auto strided = plan(net, 2);
  EXPECT_THAT(strided->layers()[2].declined,
              testing::Contains("direct, tiles: strided, and not the first layer"));
}

TEST_P(Tiles, NeedTheProcessorOtherwise) {
  cpu::emulate_tiles(false);
  if (cpu::isa() == cpu::Isa::amx) GTEST_SKIP() << "it has them";
  for (const LayerPlan& layer : plan(tiny(), 2)->layers()) {
    if (!has_weights(layer)) continue;
    EXPECT_THAT(layer.declined, testing::Contains(HasSubstr("tiles: needs AMX, which")))
        << layer.layer;
  }
}

// Of float32 and fp16 nothing changes.
TEST_P(Tiles, AreForTheirPrecisionsOnly) {
  for (const Precision precision : {Precision::fp32, Precision::fp16}) {
    const auto other = compile(tiny(), parameters(tiny()), {{.max_batch = 2}, precision});
    for (const LayerPlan& layer : other->layers()) {
      EXPECT_THAT(layer.implementation, testing::Not(HasSubstr("tiles"))) << layer.layer;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, Tiles, testing::Values(Precision::bf16, Precision::int8),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace alexnet
