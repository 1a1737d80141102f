// Training in bf16 by tiles, on every processor by those in software.
#include <alexnet/engine.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "support/tile_units.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using tolerances::relative_error;

Architecture tiny() {
  return {
      .name = "tiny",
      .in_channels = 3,
      .height = 23,
      .width = 19,
      .layers = {Conv{.out_channels = 20, .kernel = 5, .stride = 2, .padding = 1}, Relu{},
                 Conv{.out_channels = 34, .kernel = 3, .padding = 1, .groups = 2}, Relu{},
                 MaxPool{}, Flatten{}, Dropout{0.5F}, Linear{50}, Relu{}, Linear{7}, LogSoftmax{}}};
}

class TilesInTraining : public testing::Test {
 protected:
  static constexpr int kBatch = 10;

  static TrainingOptions options(int threads = 2,
                                 TrainingPrecision precision = TrainingPrecision::bf16) {
    TrainingOptions options{{.max_batch = kBatch, .threads = threads}};
    options.precision = precision;
    return options;
  }
  static Parameters start(const Architecture& net) { return initialize(net, Initializer::he, 1); }
  static Tensor images(const Architecture& net) {
    Tensor images({kBatch, net.in_channels, net.height, net.width});
    fill_uniform(images.values(), {.seed = 3}, -1.0F, 1.0F);
    return images;
  }
  static std::vector<std::int32_t> labels() { return {0, 6, 2, 3, 5, 1, 4, 6, 0, 3}; }
  static void step(TrainingPlan& plan, const Tensor& batch, std::uint32_t number,
                   std::vector<double>* losses = nullptr) {
    const double loss = plan.compute_gradients(Images(batch), labels(), number).loss;
    if (losses != nullptr) losses->push_back(loss);
    plan.update(0.01F);
  }
  /// By tiles, and by the reference engine.
  static std::pair<Parameters, Parameters> gradients(const Architecture& net) {
    TrainingOptions exact = options();
    exact.engine = "reference";
    const auto reference = compile_training(net, start(net), exact);
    const auto tiles = compile_training(net, start(net), options());
    const Tensor batch = images(net);
    const double loss = reference->compute_gradients(Images(batch), labels(), 1).loss;
    EXPECT_NEAR(tiles->compute_gradients(Images(batch), labels(), 1).loss, loss, 1e-2 * loss);
    return {tiles->gradients().clone(), reference->gradients().clone()};
  }
  static void expect_equal(const Parameters& got, const Parameters& expected) {
    for (const NamedTensor& entry : expected) {
      EXPECT_TRUE(std::ranges::equal(got.at(entry.name).values(), entry.tensor.values()))
          << entry.name;
    }
  }

  const cpu::UseTiles software_{cpu::TileUnit::software};
};

// The reference rounds the weights alone. Of a network without kinks, which rounded activations
// could be on another side of.
TEST_F(TilesInTraining, GradientsAreNearTheReference) {
  Architecture smooth = tiny();
  std::erase_if(smooth.layers, [](const Layer& layer) {
    return std::holds_alternative<Relu>(layer) || std::holds_alternative<MaxPool>(layer);
  });
  const auto [tiles, reference] = gradients(smooth);
  for (const NamedTensor& entry : reference) {
    const double error = relative_error(tiles.at(entry.name).values(), entry.tensor.values());
    EXPECT_LT(error, 1e-2) << entry.name;
    EXPECT_GT(error, 1e-5) << entry.name << ": nothing was rounded";
  }
}

double cosine(std::span<const float> a, std::span<const float> b) {
  const double both = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  const double squares = std::inner_product(a.begin(), a.end(), a.begin(), 0.0) *
                         std::inner_product(b.begin(), b.end(), b.begin(), 0.0);
  return both / std::sqrt(squares);
}

// Groups, local response normalisation and a pool that is folded into a layer too.
TEST_F(TilesInTraining, GradientsOfNetworksPointTheSameWay) {
  const NetworkOptions small{.in_channels = 1, .classes = 10, .image_size = 67};
  for (const Architecture& net :
       {tiny(), make_alexnet(small), make_network("alexnet-2012", small)}) {
    const auto [tiles, reference] = gradients(net);
    for (const NamedTensor& entry : reference) {
      EXPECT_GT(cosine(tiles.at(entry.name).values(), entry.tensor.values()), 0.98)
          << net.name << " " << entry.name;
    }
  }
}

TEST_F(TilesInTraining, AnyThreadsGiveTheSameBits) {
  const Tensor batch = images(tiny());
  const auto alone = compile_training(tiny(), start(tiny()), options(1));
  for (std::uint32_t i = 0; i < 3; ++i) step(*alone, batch, i);
  for (const int threads : {2, 3}) {
    const auto together = compile_training(tiny(), start(tiny()), options(threads));
    for (std::uint32_t i = 0; i < 3; ++i) step(*together, batch, i);
    expect_equal(together->parameters(), alone->parameters());
  }
}

TEST_F(TilesInTraining, ContinuesWithTheSameBits) {
  const Tensor batch = images(tiny());
  const auto whole = compile_training(tiny(), start(tiny()), options());
  for (std::uint32_t i = 0; i < 2; ++i) step(*whole, batch, i);
  const auto rest = compile_training(tiny(), whole->parameters().clone(), options());
  rest->edit_momentum([&](Parameters& momentum) {
    for (NamedTensor& entry : momentum) {
      std::ranges::copy(whole->momentum().at(entry.name).values(), entry.tensor.data());
    }
  });
  for (std::uint32_t i = 2; i < 4; ++i) {
    step(*whole, batch, i);
    step(*rest, batch, i);
  }
  expect_equal(rest->parameters(), whole->parameters());
}

TEST_F(TilesInTraining, LearnsAsFloatsDo) {
  const Tensor batch = images(tiny());
  std::map<TrainingPrecision, std::vector<double>> losses;
  for (const auto precision : {TrainingPrecision::fp32, TrainingPrecision::bf16}) {
    const auto plan = compile_training(tiny(), start(tiny()), options(2, precision));
    for (std::uint32_t i = 0; i < 40; ++i) step(*plan, batch, i, &losses[precision]);
  }
  const std::vector<double>& exact = losses[TrainingPrecision::fp32];
  const std::vector<double>& rounded = losses[TrainingPrecision::bf16];
  EXPECT_LT(exact.back(), 0.5 * exact.front());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(rounded[i], exact[i], 0.05 * exact.front()) << i;
  }
}

std::string implementation(const TrainingPlan& plan, const std::string& layer) {
  for (const LayerPlan& found : plan.layers()) {
    if (found.layer == layer) return found.implementation;
  }
  return "";
}

TEST_F(TilesInTraining, ThePlanSaysSo) {
  const auto plan = compile_training(tiny(), start(tiny()), options());
  EXPECT_EQ(implementation(*plan, "features.0 Conv"),
            "direct, tiles of bf16 in software; float32 sums");
  EXPECT_EQ(implementation(*plan, "classifier.1 Linear"),
            "tiles of bf16 in software; float32 sums");
  const auto exact = compile_training(tiny(), start(tiny()), options(2, TrainingPrecision::fp32));
  for (const LayerPlan& layer : exact->layers()) {
    EXPECT_THAT(layer.implementation, Not(HasSubstr("tiles"))) << layer.layer;
  }
}

// The next in the list takes what tiles decline, in float32.
TEST_F(TilesInTraining, DeclineAStrideWithinTheNetwork) {
  Architecture net = tiny();
  net.layers[2] = Conv{.out_channels = 34, .kernel = 3, .stride = 2};
  const auto plan = compile_training(net, start(net), options());
  const LayerPlan layer = plan->layers()[2];
  EXPECT_THAT(layer.declined, Contains("direct, tiles: strided, and not the first layer"));
  EXPECT_THAT(layer.implementation, EndsWith("; bf16 weights, the rest float32"));
}

TEST_F(TilesInTraining, NeedTheProcessorOtherwise) {
  cpu::emulate_tiles(false);
  if (cpu::isa() == cpu::Isa::amx) GTEST_SKIP() << "it has them";
  const auto plan = compile_training(tiny(), start(tiny()), options());
  EXPECT_THAT(plan->layers()[0].declined, Contains(HasSubstr("tiles: needs AMX, which")));
  EXPECT_THAT(plan->layers()[0].implementation, EndsWith("; bf16 weights, the rest float32"));
}

}  // namespace
}  // namespace alexnet
