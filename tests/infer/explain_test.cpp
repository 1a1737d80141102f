// Grad-CAM against its definition by finite differences, and occlusion on a network that sees one
// place only.
#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "support/tolerances.h"

namespace alexnet {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Model random_model(const Architecture& net) {
  Model model{.architecture = net,
              .parameters = initialize(net, Initializer::he, 4),
              .classes = {},
              .preprocess = {.resize = net.height, .crop = net.height, .channels = net.in_channels},
              .normalization = {}};
  for (int c = 0; c < net.classes(); ++c) model.classes.push_back("class " + std::to_string(c));
  return model;
}

Image noise(int size, int channels) {
  Image image{.height = size, .width = size, .channels = channels, .pixels = {}};
  RandomStream random({.seed = 5});
  image.pixels.resize(static_cast<std::size_t>(size * size * channels));
  for (std::uint8_t& pixel : image.pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  return image;
}

/// The layers after the last convolution's ReLU as a network of its own, in the reference engine.
class Head {
 public:
  explicit Head(const Model& model) {
    const std::vector<LayerInfo> infos = model.architecture.describe();
    const auto last = std::ranges::find(infos.rbegin(), infos.rend(), "Conv", &LayerInfo::kind);
    const auto first = static_cast<std::size_t>(infos.rend() - last) + 1;
    const Shape& input = infos[first].input;
    Architecture net{
        .name = "head",
        .in_channels = static_cast<int>(input[0]),
        .height = static_cast<int>(input[1]),
        .width = static_cast<int>(input[2]),
        .layers = {model.architecture.layers.begin() + static_cast<std::ptrdiff_t>(first),
                   model.architecture.layers.end()}};
    Parameters parameters;
    for (const ParameterSpec& spec : net.parameters()) {
      parameters.add(spec.name, model.parameters.at(spec.name).clone());
    }
    plan_ = compile(net, std::make_shared<const Parameters>(std::move(parameters)),
                    {{.engine = "reference"}});
  }

  double logit(const Tensor& maps, int label) {
    return plan_->run(Images(maps)).logits.values[static_cast<std::size_t>(label)];
  }

 private:
  std::unique_ptr<Plan> plan_;
};

TEST(GradCam, IsItsDefinitionByFiniteDifferences) {
  constexpr int kLabel = 3;
  constexpr std::int64_t kMaps = 12;
  constexpr std::int64_t kPixels = 8 * 8;
  const Architecture net{
      .name = "small",
      .in_channels = 3,
      .height = 18,
      .width = 18,
      .layers = {Conv{.out_channels = 8, .kernel = 3, .padding = 1}, Relu{}, MaxPool{},
                 Conv{.out_channels = kMaps, .kernel = 3, .padding = 1}, Relu{}, MaxPool{},
                 Flatten{}, Dropout{}, Linear{20}, Relu{}, Linear{5}, LogSoftmax{}}};
  Head head(random_model(net));
  Explainer explainer(random_model(net), {.threads = 1});
  const Image image = noise(18, 3);
  const Heat heat = explainer.grad_cam(image, kLabel);
  const Tensor maps = explainer.activations(image, "conv2");
  ASSERT_EQ(maps.shape(), (Shape{kMaps, 8, 8}));
  ASSERT_EQ(heat.height, 8);
  ASSERT_EQ(heat.width, 8);

  // The mean gradient by a map is the logit's slope when all of the map rises at once.
  std::vector<double> expected(kPixels);
  for (std::int64_t c = 0; c < kMaps; ++c) {
    constexpr float kStep = 1.0F / 1024;
    const auto moved = [&](float step) {
      Tensor copy({1, kMaps, 8, 8}, maps.values());
      for (std::int64_t i = 0; i < kPixels; ++i) copy[c * kPixels + i] += step;
      return head.logit(copy, kLabel);
    };
    const double weight = (moved(kStep) - moved(-kStep)) / (2.0 * kStep * kPixels);
    for (std::int64_t i = 0; i < kPixels; ++i) {
      expected[static_cast<std::size_t>(i)] += weight * maps[c * kPixels + i];
    }
  }
  for (double& value : expected) value = std::max(value, 0.0);
  ASSERT_GT(std::ranges::max(expected), 0);
  EXPECT_LT(tolerances::relative_error(heat.values, expected), 0.01);
}

TEST(Explainer, AnswersForEachImageWhateverWasAskedBefore) {
  const Architecture net = make_alexnet({.in_channels = 3, .classes = 6, .image_size = 64});
  const Image first = noise(64, 3);
  Image second = first;
  std::ranges::reverse(second.pixels);
  Explainer explainer(random_model(net), {.threads = 1});
  const auto about = [&](const Image& image) {
    const Prediction best = explainer.classify(image, 1).front();
    const Heat heat = explainer.grad_cam(image, best.index);
    const Tensor maps = explainer.activations(image, "conv1");
    std::vector<float> all{static_cast<float>(best.index), static_cast<float>(best.probability)};
    all.insert(all.end(), heat.values.begin(), heat.values.end());
    all.insert(all.end(), maps.values().begin(), maps.values().end());
    return all;
  };
  const std::vector<float> of_first = about(first);
  EXPECT_NE(about(second), of_first);
  EXPECT_EQ(about(first), of_first);
  EXPECT_EQ(about(first), of_first);
}

/// A network whose logit of class 1 is the brightness of the pixels round (row, column) of its map.
Model watchman(int row, int column) {
  const Architecture net{.name = "watchman",
                         .in_channels = 1,
                         .height = 56,
                         .width = 56,
                         .layers = {Conv{.out_channels = 1, .kernel = 8, .stride = 8}, Relu{},
                                    Flatten{}, Linear{2}, LogSoftmax{}}};
  Model model = random_model(net);
  std::ranges::fill(model.parameters.at("features.0.weight").values(), 1.0F / 64);
  std::ranges::fill(model.parameters.at("features.0.bias").values(), 0.0F);
  Tensor& weight = model.parameters.at("classifier.0.weight");  // (2, 49)
  std::ranges::fill(weight.values(), 0.0F);
  weight[49 + row * 7 + column] = 4.0F;
  std::ranges::fill(model.parameters.at("classifier.0.bias").values(), 0.0F);
  return model;
}

TEST(Occlusion, FindsTheOnlyPlaceThatMatters) {
  Image white{.height = 56, .width = 56, .channels = 1, .pixels = {}};
  white.pixels.assign(56 * 56, 255);
  Explainer explainer(watchman(2, 5), {.threads = 1});
  const Heat heat = explainer.occlusion(white, {1}).front();
  ASSERT_EQ(heat.height, 14);
  ASSERT_EQ(heat.width, 14);
  // Pixels 16 … 24 by 40 … 48, in cells of four.
  const auto hottest = std::ranges::max_element(heat.values) - heat.values.begin();
  EXPECT_THAT(hottest / 14, testing::AllOf(testing::Ge(4), testing::Le(5)));
  EXPECT_THAT(hottest % 14, testing::AllOf(testing::Ge(10), testing::Le(11)));
  EXPECT_NEAR(heat.at(12, 1), 0.0F, 1e-6);
  // Half grey in place of white there, under a patch that covers it all: logit 2.008 for 4.
  const auto probability = [](double logit) { return 1 / (1 + std::exp(-logit)); };
  const double most = probability(4) - probability(4 * 128 / 255.0);
  EXPECT_GT(*std::ranges::max_element(heat.values), most / 2);
  EXPECT_LT(*std::ranges::max_element(heat.values), most);
}

TEST(GradCam, IsEmptyWhereNothingSpeaksForTheClass) {
  Model model = watchman(2, 5);
  model.parameters.at("classifier.0.weight")[49 + 2 * 7 + 5] = -4.0F;
  Explainer explainer(std::move(model), {.threads = 1});
  Image white{.height = 56, .width = 56, .channels = 1, .pixels = {}};
  white.pixels.assign(56 * 56, 255);
  EXPECT_THAT(explainer.grad_cam(white, 1).values, testing::Each(0.0F));
}

TEST(Occlusion, CountsForTheOtherClassTheOtherWay) {
  Explainer explainer(watchman(2, 5), {.threads = 1});
  Image white{.height = 56, .width = 56, .channels = 1, .pixels = {}};
  white.pixels.assign(56 * 56, 255);
  const Heat heat = explainer.occlusion(white, {1, 0}).back();
  EXPECT_LT(heat.at(4, 10), 0);
}

TEST(Explainer, ClassifiesAsTheClassifierDoes) {
  const Architecture net = make_alexnet({.in_channels = 3, .classes = 6, .image_size = 64});
  Classifier classifier(random_model(net), {.threads = 1});
  Explainer explainer(random_model(net), {.threads = 1});
  const Image image = noise(70, 3);
  const auto expected = classifier.classify(image, 3);
  const auto got = explainer.classify(image, 3);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].label, expected[i].label);
    EXPECT_NEAR(got[i].probability, expected[i].probability, 1e-6);
  }
}

TEST(Explainer, RefusesWhatIsNotThere) {
  Explainer explainer(watchman(0, 0), {.threads = 1});
  const Image image = noise(56, 1);
  EXPECT_THAT([&] { explainer.grad_cam(image, 2); }, ThrowsMessage<Error>(HasSubstr("class 2")));
  EXPECT_THAT(
      [&] {
        explainer.occlusion(image, {0, -1});
      },
      ThrowsMessage<Error>(HasSubstr("class -1")));
  EXPECT_THAT([&] { explainer.activations(image, "conv2"); },
              ThrowsMessage<Error>(
                  HasSubstr("conv1 (features.0), relu1 (features.1), fc2 (classifier.0)")));
}

TEST(LayerName, KnowsThePapersNames) {
  const Architecture net = make_alexnet({.image_size = 224});
  EXPECT_EQ(resolve_layer_name(net, "conv1"), "features.0");
  EXPECT_EQ(resolve_layer_name(net, "conv5"), "features.10");
  EXPECT_EQ(resolve_layer_name(net, "fc6"), "classifier.1");
  EXPECT_EQ(resolve_layer_name(net, "fc7"), "classifier.4");
  EXPECT_EQ(resolve_layer_name(net, "fc8"), "classifier.6");
  EXPECT_EQ(resolve_layer_name(net, "classifier.4"), "classifier.4");
  EXPECT_THAT([&] { resolve_layer_name(net, "fc9"); }, ThrowsMessage<Error>(HasSubstr("fc8")));
  EXPECT_THAT([&] { resolve_layer_name(net, ""); }, ThrowsMessage<Error>(HasSubstr("fc8")));
}

TEST(Overlay, ColoursTheHeatAndLeavesTheRest) {
  Image grey{.height = 4, .width = 8, .channels = 1, .pixels = {}};
  grey.pixels.assign(32, 100);
  const Image result = overlay(grey, {.height = 1, .width = 2, .values = {-3, 5}});
  EXPECT_EQ(result.channels, 3);
  ASSERT_EQ(result.pixels.size(), 96U);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(result.at(0, 0, c), 100);
  EXPECT_GT(result.at(3, 7, 0), 200);  // yellow
  EXPECT_GT(result.at(3, 7, 1), 180);
  EXPECT_LT(result.at(3, 7, 2), 120);
  const Image cold = overlay(grey, {.height = 1, .width = 1, .values = {0}});
  EXPECT_TRUE(std::ranges::all_of(cold.pixels, [](std::uint8_t p) { return p == 100; }));
}

TEST(Overlay, ScaleGoesFromNothingToTheMost) {
  const Image scale = overlay_scale(3, 100);
  ASSERT_EQ(scale.width, 100);
  const Image grey{.height = 1, .width = 1, .channels = 1, .pixels = {128}};
  const Image most = overlay(grey, {.height = 1, .width = 1, .values = {1}});
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(scale.at(2, 0, c), 128);
    EXPECT_EQ(scale.at(2, 99, c), most.at(0, 0, c));
  }
}

}  // namespace
}  // namespace alexnet
