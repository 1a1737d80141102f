// Weights that somebody else wrote: tensors under torchvision's names, and nothing else.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/onnx.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/file.h"
#include "paths.h"
#include "temp_folder.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

// A network by its name with few channels and features.
Architecture narrow(std::string_view name, const NetworkOptions& options) {
  Architecture net = network(name, options);
  for (Layer& layer : net.layers) {
    if (auto* conv = std::get_if<Conv>(&layer)) conv->out_channels = 8;
    if (auto* linear = std::get_if<Linear>(&layer)) {
      if (linear->out_features != options.classes) linear->out_features = 16;
    }
  }
  net.validate();
  return net;
}

std::vector<NamedView> views(const Parameters& parameters) {
  std::vector<NamedView> views;
  for (const auto& [name, tensor] : parameters) {
    views.push_back({name, {tensor.shape(), tensor.values()}});
  }
  return views;
}

void strip_onnx_metadata(const std::filesystem::path& path) {
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(read_text_file(path)));
  model.clear_metadata_props();
  write_text_file(path, model.SerializeAsString());
}

class ForeignModelTest : public ::testing::Test {
 protected:
  /// Writes random weights of the network as a state dict.
  Parameters write(const Architecture& net) const {
    Parameters parameters = initialize(net, Initializer::he, 1);
    write_pytorch(path_, views(parameters));
    return parameters;
  }
  auto refused(const LoadOptions& options, const std::string& why) const {
    EXPECT_THAT([&] { load_model(path_, options); },
                ThrowsMessage<Error>(AllOf(StartsWith(path_.string() + ": "), HasSubstr(why))));
  }

  test::TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.pth";
};

TEST_F(ForeignModelTest, TheNetworkIsRecognised) {
  const Architecture net = narrow("alexnet", {.in_channels = 3, .classes = 7});
  write(net);
  const Model model = load_model(path_);
  EXPECT_EQ(model.architecture, net);
  EXPECT_EQ(model.classes.size(), 7U);
  EXPECT_EQ(model.classes.back(), "class 6");
  EXPECT_EQ(model.preprocess, (Preprocess{.resize = 256, .crop = 224, .channels = 3}));
  EXPECT_THAT(model.normalization.mean, ElementsAre(0.485F, 0.456F, 0.406F));
  EXPECT_EQ(model.provenance.at("format"), "PyTorch state dict");
  EXPECT_EQ(assumptions(model), "classes: numbers, image size: 224, preprocessing: torchvision");
}

TEST_F(ForeignModelTest, SafetensorsWithoutOurMetadataAreTheSame) {
  const Architecture net = narrow("alexnet", {.in_channels = 1, .classes = 1000});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  write_safetensors(folder_ / "x.safetensors", views(parameters), {{"format", "pt"}});
  const Model model = load_model(folder_ / "x.safetensors");
  EXPECT_EQ(model.architecture, net);
  EXPECT_EQ(model.classes[388], "giant panda");
  EXPECT_THAT(model.normalization.deviation, ElementsAre(1.0F));
  EXPECT_EQ(assumptions(model), "classes: ImageNet's, image size: 224, preprocessing: unit");
  EXPECT_EQ(model.provenance.at("file's format"), "pt");
}

TEST_F(ForeignModelTest, OptionsSettleWhatTheFileLeavesOpen) {
  write(narrow("alexnet", {.in_channels = 3, .classes = 2}));
  const Model model =
      load_model(path_, {.image_size = 96, .classes = {"cat", "dog"}, .preprocess = "bytes"});
  EXPECT_EQ(model.architecture.height, 96);
  EXPECT_EQ(model.preprocess.crop, 96);
  EXPECT_THAT(model.classes, ElementsAre("cat", "dog"));
  EXPECT_EQ(assumptions(model), "");
}

TEST_F(ForeignModelTest, SavedItIsOurs) {
  write(narrow("alexnet", {.in_channels = 3, .classes = 2}));
  const Model model = load_model(path_, {.classes = {"cat", "dog"}});
  save_model(folder_ / "ours.safetensors", model);
  const Model ours = load_model(folder_ / "ours.safetensors");
  EXPECT_EQ(ours.architecture, model.architecture);
  EXPECT_EQ(ours.classes, model.classes);
  EXPECT_EQ(ours.provenance, model.provenance);
}

TEST_F(ForeignModelTest, AnExtensionChoosesTheFormatThatIsSaved) {
  const Architecture net = narrow("alexnet", {.classes = 2});
  const Parameters parameters = write(net);
  save_model(folder_ / "y.pt", load_model(path_));
  const Parameters copy = read_pytorch(folder_ / "y.pt");
  ASSERT_EQ(copy.size(), 16U);
  for (const auto& [name, tensor] : parameters) {
    EXPECT_TRUE(std::ranges::equal(copy.at(name).values(), tensor.values())) << name;
  }
  EXPECT_THAT([&] { save_model(folder_ / "y.txt", load_model(path_)); },
              ThrowsMessage<Error>(HasSubstr("the extension says no format")));
}

// Blue first in the file, red first afterwards: the same picture gives the same logits.
TEST_F(ForeignModelTest, BlueFirstIsTurnedRound) {
  const Architecture net = narrow("alexnet", {.classes = 5, .image_size = 63});
  auto blue_first = std::make_shared<const Parameters>(write(net));
  Model model = load_model(path_, {.image_size = 63, .preprocess = "caffe"});
  EXPECT_EQ(model.provenance.at("channels"), "BGR, turned to RGB in the first layer");
  EXPECT_NEAR(model.normalization.mean[0] * 255, 122.68, 0.01);  // red's

  Tensor bgr({1, 3, 63, 63});
  fill_uniform(bgr.values(), {.seed = 2}, -100.0F, 100.0F);
  Tensor rgb = bgr.clone();
  std::swap_ranges(rgb.data(), rgb.data() + 63 * 63, rgb.data() + 2 * 63 * 63);
  const auto as_stored = engine("reference").compile(net, blue_first, {});
  const auto turned =
      engine("reference")
          .compile(model.architecture,
                   std::make_shared<const Parameters>(std::move(model.parameters)), {});
  const auto expected = as_stored->run(Images(bgr)).logits.values;
  EXPECT_THAT(turned->run(Images(rgb)).logits.values, Pointwise(FloatNear(1e-3F), expected));
}

TEST_F(ForeignModelTest, AssumptionsStandUntilSomebodySettlesThem) {
  write(narrow("alexnet", {.in_channels = 3, .classes = 2}));
  const auto ours = folder_ / "ours.safetensors";
  save_model(ours, load_model(path_));
  const Model settled = load_model(ours, {.classes = {"cat", "dog"}, .preprocess = "caffe"});
  EXPECT_EQ(assumptions(settled), "image size: 224");
  EXPECT_EQ(settled.classes[1], "dog");
  save_model(ours, settled);
  EXPECT_THAT([&] { load_model(ours, {.preprocess = "torchvision"}); },
              ThrowsMessage<Error>(HasSubstr("brings its own normalization")));
}

// Blue first was assumed and the first layer turned; then it is turned back.
TEST_F(ForeignModelTest, AnotherConventionTurnsTheChannelsBack) {
  const std::filesystem::path caffe = tests_folder() / "formats/caffe/AlexNet.caffemodel";
  const auto weights = [](const Model& model) {
    const auto values = model.parameters.at("features.0.weight").values();
    return std::vector<float>(values.begin(), values.end());
  };
  const auto ours = folder_ / "ours.safetensors";
  save_model(ours, load_model(caffe));
  const Model again = load_model(ours, {.preprocess = "caffe"});
  EXPECT_EQ(weights(again), weights(load_model(ours)));
  const Model red_first = load_model(ours, {.preprocess = "bytes"});
  EXPECT_EQ(weights(red_first), weights(load_model(caffe, {.preprocess = "bytes"})));
  EXPECT_NE(weights(red_first), weights(again));
  EXPECT_FALSE(red_first.provenance.contains("channels"));
}

TEST_F(ForeignModelTest, NetworksWithoutAdaptivePoolComeInTheirSize) {
  const Architecture net = narrow("alexnet-2012", {.classes = 2, .image_size = 128});
  write(net);
  refused({.network = "alexnet-2012"}, "has shape");
  EXPECT_EQ(load_model(path_, {.network = "alexnet-2012", .image_size = 128}).architecture, net);
}

TEST_F(ForeignModelTest, NetworksOfTheSameShapesMustBeChosen) {
  write(narrow("bvlc-alexnet", {.classes = 2}));
  refused({}, "its tensors fit alexnet-2012 and bvlc-alexnet and caffenet; say which");
  EXPECT_EQ(load_model(path_, {.network = "caffenet"}).architecture,
            narrow("caffenet", {.classes = 2}));
}

TEST_F(ForeignModelTest, WhatDoesNotFitIsRefused) {
  const Architecture net = narrow("alexnet", {.classes = 2});
  const Parameters parameters = write(net);
  refused({.network = "caffenet"}, "does not fit caffenet: caffenet: 'features.4.weight'");
  refused({.image_size = 30}, "use a larger image");
  refused({.classes = {"one"}}, "has 2 classes and 1 names are given");

  std::vector<NamedView> some = views(parameters);
  some.pop_back();
  write_pytorch(path_, some);
  refused({}, "alexnet: 'classifier.6.bias' is missing");

  std::vector<NamedView> other = views(parameters);
  other[0].tensor.shape = {8, 3, 121};
  write_pytorch(path_, other);
  refused({}, "alexnet: 'features.0.weight' has shape (8, 3, 121)");
}

TEST_F(ForeignModelTest, PreprocessingForOtherChannelsIsRefused) {
  write(narrow("alexnet", {.in_channels = 1, .classes = 2}));
  refused({.preprocess = "torchvision"}, "'torchvision' is for 3 channels");
  EXPECT_THAT([&] { load_model(path_, {.preprocess = "magic"}); },
              ThrowsMessage<Error>(HasSubstr("torchvision, caffe, unit, bytes")));
}

TEST_F(ForeignModelTest, OnnxBringsAllOfAModelBack) {
  write(narrow("alexnet", {.classes = 2, .image_size = 63}));
  const Model model = load_model(path_, {.image_size = 63, .classes = {"cat", "dog"}});
  save_model(folder_ / "x.onnx", model);
  const Model back = load_model(folder_ / "x.onnx");
  EXPECT_EQ(back.classes, model.classes);
  EXPECT_EQ(back.preprocess, model.preprocess);
  EXPECT_EQ(back.normalization, model.normalization);
  EXPECT_EQ(back.provenance, model.provenance);
}

TEST_F(ForeignModelTest, OnnxOfOthersIsSettledLikeStateDicts) {
  const Architecture net = narrow("bvlc-alexnet", {.classes = 2});
  Model model{.architecture = net,
              .parameters = initialize(net, Initializer::he, 1),
              .classes = {"cat", "dog"},
              .preprocess = {.resize = 256, .crop = 227, .channels = 3},
              .normalization = {.mean = {0.5F, 0.5F, 0.5F}, .deviation = {0.1F, 0.1F, 0.1F}},
              .provenance = {}};
  write_onnx(folder_ / "x.onnx", model, {.bake_normalization = true});
  strip_onnx_metadata(folder_ / "x.onnx");
  const Model foreign = load_model(folder_ / "x.onnx");
  EXPECT_EQ(foreign.classes, (std::vector<std::string>{"class 0", "class 1"}));
  EXPECT_EQ(foreign.provenance.at("format"), "ONNX");
  for (const float mean : foreign.normalization.mean) EXPECT_NEAR(mean, 0.5F, 1e-6);
  EXPECT_THAT([&] { load_model(folder_ / "x.onnx", {.preprocess = "unit"}); },
              ThrowsMessage<Error>(HasSubstr("brings its own normalization")));
}

TEST_F(ForeignModelTest, CaffesLayersLieBesideItsWeights) {
  const std::filesystem::path fixtures = tests_folder() / "formats/caffe";
  const Model model =
      load_model(fixtures / "AlexNet.caffemodel", {.mean = fixtures / "mean.binaryproto"});
  EXPECT_EQ(model.architecture.height, 227);
  EXPECT_EQ(model.preprocess, (Preprocess{.resize = 256, .crop = 227, .channels = 3}));
  EXPECT_THAT(model.normalization.mean,
              ElementsAre(123.0F / 255, 117.0F / 255, 104.0F / 255));  // red first
  EXPECT_THAT(model.normalization.deviation, ElementsAre(1.0F / 255, 1.0F / 255, 1.0F / 255));
  EXPECT_EQ(model.provenance.at("mean"), "mean.binaryproto");

  std::filesystem::copy_file(fixtures / "AlexNet.caffemodel", folder_ / "net.caffemodel");
  EXPECT_THAT([&] { load_model(folder_ / "net.caffemodel"); },
              ThrowsMessage<Error>(HasSubstr("there is no deploy.prototxt beside it")));
  std::filesystem::copy_file(fixtures / "AlexNet.prototxt", folder_ / "deploy.prototxt");
  EXPECT_EQ(load_model(folder_ / "net.caffemodel").architecture, model.architecture);
  const Model chosen =
      load_model(folder_ / "net.caffemodel", {.prototxt = fixtures / "AlexNet.prototxt"});
  EXPECT_EQ(chosen.architecture, model.architecture);
}

TEST_F(ForeignModelTest, CaffesFormatIsNotWritten) {
  write(narrow("alexnet", {.classes = 2}));
  EXPECT_THAT([&] { save_model(folder_ / "x.caffemodel", load_model(path_)); },
              ThrowsMessage<Error>(HasSubstr("can be read but not written")));
}

TEST_F(ForeignModelTest, OtherFilesAreRefused) {
  write_text_file(folder_ / "notes.txt", "hello");
  EXPECT_THAT([&] { load_model(folder_ / "notes.txt"); },
              ThrowsMessage<Error>(HasSubstr("notes.txt: not a weights file")));
}

}  // namespace
}  // namespace alexnet
