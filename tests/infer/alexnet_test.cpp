#include <alexnet/classifier.h>
#include <alexnet/net.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::ElementsAre;
using ::testing::Pointwise;

// Takes maps of any size, as torchvision's network does, and costs nothing.
Model small_model() {
  Model model{.architecture = {.name = "small",
                               .in_channels = 1,
                               .height = 24,
                               .width = 24,
                               .layers = {Conv{.out_channels = 4, .kernel = 5, .stride = 2}, Relu{},
                                          AdaptiveAvgPool{.height = 3, .width = 3}, Flatten{},
                                          Dropout{}, Linear{8}, Relu{}, Linear{2}, LogSoftmax{}}},
              .classes = {"dark", "bright"},
              .preprocess = {.resize = 28, .crop = 24, .channels = 1},
              .normalization = {.mean = {0.5F}, .deviation = {0.25F}},
              .provenance = {{"data", "patterns"}}};
  model.parameters = initialize(model.architecture, kDefaultInitializer, 1);
  return model;
}

Tensor images(int count, int side) {
  return random_normal({count, 1, side, side}, static_cast<std::uint64_t>(side));
}

void step(AlexNet& net, int side) {
  const std::vector<std::int32_t> labels{0, 1, 1};
  net.train_step(images(3, side), labels, 0.05F);
}

void expect_same_parameters(const AlexNet& left, const AlexNet& right) {
  for (const NamedTensor& entry : left.parameters()) {
    const auto other = right.parameters().at(entry.name).values();
    EXPECT_TRUE(std::ranges::equal(entry.tensor.values(), other)) << entry.name;
  }
}

TEST(AlexNetObject, IsSavedWithAllThatItWasMadeOf) {
  const test::TempFolder folder;
  AlexNet net(small_model());
  step(net, 24);
  net.save(folder / "x.safetensors");
  const Model loaded = load_model(folder / "x.safetensors");
  const Model given = small_model();
  EXPECT_EQ(loaded.architecture, given.architecture);
  EXPECT_EQ(loaded.classes, given.classes);
  EXPECT_EQ(loaded.preprocess, given.preprocess);
  EXPECT_EQ(loaded.normalization, given.normalization);
  EXPECT_EQ(loaded.provenance, given.provenance);

  AlexNet again = AlexNet::load(folder / "x.safetensors");
  expect_same_parameters(net, again);
  EXPECT_THAT(again.forward(images(3, 24)).values(),
              Pointwise(::testing::FloatNear(1e-5F), net.forward(images(3, 24)).values()));
}

TEST(AlexNetObject, ReadsWhatOthersWrote) {
  const test::TempFolder folder;
  AlexNet net({.ch_in = 1, .d_out = 3});
  net.forward(images(1, 64));
  net.save(folder / "x.pth");
  const AlexNet again = AlexNet::load(folder / "x.pth", {.image_size = 64});
  EXPECT_EQ(again.architecture(), net.architecture());
  expect_same_parameters(net, again);
  EXPECT_ERROR_KIND(AlexNet::load(folder / "y.pth"), ErrorKind::not_found);
}

// Momentum and the draws of dropout go on as if nothing had been asked in between.
TEST(AlexNetObject, PlanningAgainKeepsTheTraining) {
  AlexNet plain(small_model());
  AlexNet asked(small_model());
  for (int i = 0; i < 3; ++i) {
    step(plain, 24);
    step(asked, 24);
    asked.forward(images(2, 30));   // another size
    asked.forward(images(17, 24));  // a larger batch
  }
  expect_same_parameters(plain, asked);
  step(plain, 30);
  step(asked, 30);
  expect_same_parameters(plain, asked);
}

TEST(AlexNetObject, AStepIsItsTwoHalves) {
  AlexNet whole(small_model());
  AlexNet halves(small_model());
  const std::vector<std::int32_t> labels{0, 1, 1};
  for (int i = 0; i < 3; ++i) {
    const double loss = whole.train_step(images(3, 24), labels, 0.05F);
    EXPECT_EQ(halves.compute_gradients(images(3, 24), labels), loss);
    EXPECT_EQ(halves.compute_gradients(images(3, 24), labels), loss);  // with the same dropout
    halves.update(0.05F);
  }
  expect_same_parameters(whole, halves);
  EXPECT_EQ(halves.gradients().at("features.0.weight").shape(), (Shape{4, 1, 5, 5}));
}

TEST(AlexNetObject, HasNoGradientsThatItDidNotCompute) {
  AlexNet net(small_model());
  EXPECT_ERROR(net.gradients(), "there are no gradients", "call compute_gradients");
  EXPECT_ERROR(net.update(0.1F), "there are no gradients");
  step(net, 24);
  net.gradients();
  net.forward(images(17, 24));  // planned anew
  EXPECT_ERROR(net.gradients(), "there are no gradients");
  EXPECT_ERROR(net.update(0.1F), "there are no gradients");
}

TEST(AlexNetObject, SizesOfImagesDoNotChangeAModelsOwn) {
  AlexNet net(small_model());
  net.forward(images(1, 30));
  step(net, 40);
  EXPECT_EQ(net.architecture(), small_model().architecture);
}

TEST(AlexNetObject, TakesOtherParameters) {
  AlexNet net(small_model());
  Model other = small_model();
  other.parameters = initialize(other.architecture, kDefaultInitializer, 2);
  AlexNet twin(std::move(other));
  const Tensor before = net.forward(images(2, 24));
  net.set_parameters(twin.parameters().clone());
  EXPECT_THAT(net.forward(images(2, 24)).values(),
              Pointwise(::testing::FloatEq(), twin.forward(images(2, 24)).values()));
  EXPECT_NE(net.forward(images(2, 24))[0], before[0]);

  step(net, 24);
  net.set_parameters(twin.parameters().clone());
  EXPECT_THAT(net.forward(images(2, 24)).values(),
              Pointwise(::testing::FloatNear(1e-5F), twin.forward(images(2, 24)).values()));
  expect_same_parameters(net, twin);
}

TEST(AlexNetObject, RefusesParametersOfAnotherNetwork) {
  AlexNet net(small_model());
  const Tensor before = net.forward(images(1, 24));
  Parameters wrong = net.parameters().clone();
  wrong.at("features.0.bias") = Tensor({5});
  EXPECT_ERROR(net.set_parameters(std::move(wrong)), "these parameters", "features.0.bias", "(5,)");
  EXPECT_EQ(net.forward(images(1, 24))[0], before[0]);
  Model none = small_model();
  none.parameters = {};
  EXPECT_ERROR(AlexNet(std::move(none)), "the model", "features.0.weight");
}

TEST(AlexNetObject, ANewOneTakesTheSizeOfItsFirstImages) {
  AlexNet net({.ch_in = 1, .d_out = 2});
  EXPECT_EQ(net.architecture(), alexnet::make_alexnet({.in_channels = 1, .classes = 2}));
  net.forward(images(1, 64));
  net.forward(images(1, 80));
  const Model model = net.model();
  EXPECT_EQ(model.architecture.height, 64);
  EXPECT_EQ(model.preprocess, (Preprocess{.resize = 64, .crop = 64, .channels = 1}));
  EXPECT_THAT(model.classes, ElementsAre("class 0", "class 1"));
  EXPECT_EQ(model.normalization, Normalization{});
}

TEST(AlexNetObject, ImagesThatItRefusesSetNoSize) {
  AlexNet net({.ch_in = 1, .d_out = 2});
  EXPECT_ERROR(net.forward(Tensor({1, 3, 96, 96})), "3 channels", "takes 1");
  net.forward(images(1, 64));
  EXPECT_EQ(net.model().architecture.height, 64);
}

TEST(AlexNetObject, IsAnyNetworkOfAnySize) {
  const AlexNet old({.ch_in = 1, .d_out = 2, .network = "alexnet-2012"});
  EXPECT_EQ(old.architecture(), alexnet::make_alexnet_2012({{.in_channels = 1, .classes = 2}}));
  EXPECT_EQ(old.model().preprocess, (Preprocess{.resize = 224, .crop = 224, .channels = 1}));

  AlexNet wide({.ch_in = 1, .d_out = 2, .image_size = Size(64, 80)});
  wide.forward(images(1, 64));
  EXPECT_EQ(wide.architecture().input_size(), Size(64, 80));
  EXPECT_ERROR_KIND(AlexNet({.network = "vgg"}), ErrorKind::not_found);
}

// What the network computes of floats is what the classifier makes of the bytes.
TEST(AlexNetObject, ItsModelClassifiesAsItDoes) {
  AlexNet net(small_model());
  Image image{
      .height = 28, .width = 28, .channels = 1, .pixels = std::vector<std::uint8_t>(784, 204)};
  Tensor same({1, 1, 24, 24});
  std::ranges::fill(same.values(), (0.8F - 0.5F) / 0.25F);
  const Tensor log_probabilities = net.forward(same);
  Classifier classifier(net.model());
  for (const Prediction& prediction : classifier.classify(image)) {
    EXPECT_NEAR(prediction.probability, std::exp(log_probabilities[prediction.index]), 1e-5);
  }
}

TEST(AlexNetObject, RefusesImagesOfAnotherShape) {
  AlexNet net(small_model());
  EXPECT_ERROR(net.forward(Tensor({1, 3, 24, 24})), "3");
  EXPECT_ERROR(net.forward(Tensor({24, 24})), "(24, 24)");
  EXPECT_ERROR(net.forward(images(1, 3)), "small");
}

}  // namespace
}  // namespace alexnet
