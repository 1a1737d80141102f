// Weights that somebody else wrote: tensors under torchvision's names, and nothing else.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/pytorch.h>
#include <alexnet/random.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/foreign_models.h"
#include "support/expect_error.h"
#include "support/paths.h"

namespace alexnet {
namespace {

using test::ForeignModels;
using test::narrow;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

TEST_F(ForeignModels, TheNetworkIsRecognised) {
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

TEST_F(ForeignModels, SafetensorsWithoutOurMetadataAreTheSame) {
  const Architecture net = narrow("alexnet", {.in_channels = 1, .classes = 1000});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  write_safetensors(folder_ / "x.safetensors", parameters.views(), {{"format", "pt"}});
  const Model model = load_model(folder_ / "x.safetensors");
  EXPECT_EQ(model.architecture, net);
  EXPECT_EQ(model.classes[388], "giant panda");
  EXPECT_THAT(model.normalization.deviation, ElementsAre(1.0F));
  EXPECT_EQ(assumptions(model), "classes: ImageNet's, image size: 224, preprocessing: unit");
  EXPECT_EQ(model.provenance.at("file's format"), "pt");
}

// Other files' names are settled like a .pth's; what was taken away is said.
TEST_F(ForeignModels, StateDictsUnderOtherNamesAreFound) {
  const Architecture net = narrow("alexnet", {.in_channels = 3, .classes = 2});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  std::vector<NamedView> both;
  for (const std::string prefix : {"model.", "ema.module."}) {
    for (NamedView view : parameters.views()) {
      view.name.insert(0, prefix);
      both.push_back(std::move(view));
    }
  }
  const auto safetensors = folder_ / "x.safetensors";
  write_safetensors(safetensors, both, {});
  write_pytorch(path_, both);
  for (const auto& path : {path_, safetensors}) {
    const Model model = load_model(path, {.state = "ema"});
    EXPECT_EQ(model.architecture, net);
    EXPECT_THAT(assumptions(model), HasSubstr("tensors: those of 'ema.module.'"));
    EXPECT_THAT(
        [&] { load_model(path); },
        ThrowsMessage<Error>(HasSubstr("holds 2 state dicts that fit, 'model', 'ema.module'")));
  }
  const auto ours = folder_ / "ours.safetensors";
  save_model(ours, load_model(path_, {.state = "model"}));
  EXPECT_THAT([&] { load_model(ours, {.state = "model"}); },
              ThrowsMessage<Error>(HasSubstr("holds one network and no state dicts")));
}

TEST_F(ForeignModels, CountersWithinLayersAreLeft) {
  const Architecture net = narrow("alexnet", {.in_channels = 3, .classes = 2});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  const std::array<float, 1> count{7};
  std::vector<NamedView> tensors = parameters.views();
  for (const std::string name :
       {"features.0.num_batches_tracked", "features.0.total_ops", "classifier.6.total_params"}) {
    tensors.push_back({name, {{1}, count}});
  }
  write_pytorch(path_, tensors);
  write_safetensors(folder_ / "x.safetensors", tensors, {});
  EXPECT_EQ(load_model(path_).architecture, net);
  EXPECT_EQ(load_model(folder_ / "x.safetensors").architecture, net);
}

TEST_F(ForeignModels, WhatIsLeftOfTheDictIsSaid) {
  const Architecture net = narrow("alexnet", {.in_channels = 3, .classes = 2});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  const std::array<float, 1> value{7};
  std::vector<NamedView> tensors = parameters.views();
  tensors.push_back({"temperature", {{1}, value}});
  write_pytorch(path_, tensors);
  EXPECT_THAT(assumptions(load_model(path_)),
              HasSubstr("tensors: those of torchvision's names, without 'temperature'"));
}

TEST_F(ForeignModels, HuggingFacesFoldersAreRead) {
  const Architecture net = narrow("alexnet", {.in_channels = 3, .classes = 2});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  const std::vector<NamedView> all = parameters.views();
  EXPECT_THAT([&] { find_weights(folder_.path()); },
              ThrowsMessage<Error>(HasSubstr("no best.safetensors, no model.safetensors")));
  const auto half = static_cast<std::ptrdiff_t>(all.size() / 2);
  write_safetensors(folder_ / "a.safetensors", {all.begin(), all.begin() + half}, {});
  write_safetensors(folder_ / "b.safetensors", {all.begin() + half, all.end()}, {});
  std::string map;
  for (std::size_t i = 0; i < all.size(); ++i) {
    map += fmt::format("{}\"{}\": \"{}.safetensors\"", i == 0 ? "" : ", ", all[i].name,
                       static_cast<std::ptrdiff_t>(i) < half ? "a" : "b");
  }
  const auto index = folder_ / "model.safetensors.index.json";
  write_text_file(index, fmt::format("{{\"metadata\": {{}}, \"weight_map\": {{{}}}}}", map));
  EXPECT_EQ(find_weights(folder_.path()), index);
  EXPECT_EQ(load_model(index).architecture, net);
  const auto refused_index = [&](const std::string& text, const std::string& why) {
    write_text_file(index, text);
    EXPECT_THAT([&] { load_model(index); },
                ThrowsMessage<Error>(AllOf(StartsWith(index.string() + ": "), HasSubstr(why))));
  };
  refused_index(R"({"weights": {}})", "has a 'weight_map' of tensors and files, and this has none");
  refused_index(R"({"weight_map": {"w": "../b.safetensors"}})", "'w' is not in a file beside it");
  refused_index(R"({"weight_map": {"w": "c.safetensors"}})", "its part c.safetensors is missing");
  refused_index(R"({"weight_map": {"w": "a.safetensors"}})", "tensor 'w' is in a.safetensors, and");
}

TEST_F(ForeignModels, OptionsSettleWhatTheFileLeavesOpen) {
  write(narrow("alexnet", {.in_channels = 3, .classes = 2}));
  const Model model =
      load_model(path_, {.image_size = 96, .classes = {"cat", "dog"}, .preprocess = "bytes"});
  EXPECT_EQ(model.architecture.height, 96);
  EXPECT_EQ(model.preprocess.crop, 96);
  EXPECT_THAT(model.classes, ElementsAre("cat", "dog"));
  EXPECT_EQ(assumptions(model), "");
}

TEST_F(ForeignModels, SavedItIsOurs) {
  write(narrow("alexnet", {.in_channels = 3, .classes = 2}));
  const Model model = load_model(path_, {.classes = {"cat", "dog"}});
  save_model(folder_ / "ours.safetensors", model);
  const Model ours = load_model(folder_ / "ours.safetensors");
  EXPECT_EQ(ours.architecture, model.architecture);
  EXPECT_EQ(ours.classes, model.classes);
  EXPECT_EQ(ours.provenance, model.provenance);
}

TEST_F(ForeignModels, AnExtensionChoosesTheFormatThatIsSaved) {
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

TEST_F(ForeignModels, KindsOfErrorsAreToldApart) {
  EXPECT_ERROR_KIND(load_model(path_), ErrorKind::not_found);
  EXPECT_ERROR_KIND(find_weights(path_), ErrorKind::not_found);
  EXPECT_ERROR_KIND(find_weights(folder_.path()), ErrorKind::not_found);
  write(narrow("alexnet", {.classes = 2}));
  EXPECT_ERROR_KIND(load_model(path_, {.network = "caffenet"}), ErrorKind::bad_input);
  EXPECT_ERROR_KIND(load_model(path_, {.network = "vgg"}), ErrorKind::not_found);
  EXPECT_ERROR_KIND(save_model(folder_ / "y.txt", load_model(path_)), ErrorKind::unsupported);
  std::filesystem::resize_file(path_, 1000);
  EXPECT_ERROR_KIND(load_model(path_), ErrorKind::bad_input);
  write_text_file(folder_ / "y.txt", "no weights");
  EXPECT_ERROR_KIND(load_model(folder_ / "y.txt"), ErrorKind::unsupported);
}

// Blue first in the file, red first afterwards: the same picture gives the same logits.
TEST_F(ForeignModels, BlueFirstIsTurnedRound) {
  const Architecture net = narrow("alexnet", {.classes = 5, .image_size = 63});
  auto blue_first = std::make_shared<const Parameters>(write(net));
  Model model = load_model(path_, {.image_size = 63, .preprocess = "caffe"});
  EXPECT_EQ(model.provenance.at("channels"), "BGR, turned to RGB in the first layer");
  EXPECT_NEAR(model.normalization.mean[0] * 255, 122.68, 0.01);  // red's

  Tensor bgr({1, 3, 63, 63});
  fill_uniform(bgr.values(), {.seed = 2}, -100.0F, 100.0F);
  Tensor rgb = bgr.clone();
  std::swap_ranges(rgb.data(), rgb.data() + 63 * 63, rgb.data() + 2 * 63 * 63);
  const auto as_stored = compile(net, blue_first, {{.engine = "reference"}});
  const auto turned =
      compile(model.architecture, std::make_shared<const Parameters>(std::move(model.parameters)),
              {{.engine = "reference"}});
  const auto expected = as_stored->run(Images(bgr)).logits.values;
  EXPECT_THAT(turned->run(Images(rgb)).logits.values, Pointwise(FloatNear(1e-3F), expected));
}

TEST_F(ForeignModels, AssumptionsStandUntilSomebodySettlesThem) {
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
TEST_F(ForeignModels, AnotherConventionTurnsTheChannelsBack) {
  const std::filesystem::path caffe = tests_folder() / "formats/caffe/fixtures/AlexNet.caffemodel";
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

TEST_F(ForeignModels, NetworksWithoutAdaptivePoolComeInTheirSize) {
  const Architecture net = narrow("alexnet-2012", {.classes = 2, .image_size = 128});
  write(net);
  refused({.network = "alexnet-2012"}, "has shape");
  EXPECT_EQ(load_model(path_, {.network = "alexnet-2012", .image_size = 128}).architecture, net);
}

TEST_F(ForeignModels, NetworksOfTheSameShapesMustBeChosen) {
  write(narrow("bvlc-alexnet", {.classes = 2}));
  refused({}, "its tensors fit alexnet-2012 and bvlc-alexnet and caffenet; say which");
  EXPECT_EQ(load_model(path_, {.network = "caffenet"}).architecture,
            narrow("caffenet", {.classes = 2}));
}

// Caffe's networks want blue first and no division, if nobody says otherwise.
TEST_F(ForeignModels, CaffesNetworksAreTakenForCaffesUntilAnOptionSettlesIt) {
  for (const char* name : {"bvlc-alexnet", "caffenet"}) {
    write(narrow(name, {.classes = 2}));
    const Model assumed = load_model(path_, {.network = name});
    EXPECT_EQ(assumptions(assumed), "classes: numbers, image size: 227, preprocessing: caffe");
    EXPECT_EQ(assumed.provenance.at("channels"), "BGR, turned to RGB in the first layer");
    EXPECT_THAT(assumed.normalization.deviation, Each(1.0F / 255));
    EXPECT_EQ(assumed.preprocess, (Preprocess{.resize = 256, .crop = 227}));
    const Model settled =
        load_model(path_, {.network = name, .image_size = 227, .preprocess = "torchvision"});
    EXPECT_EQ(assumptions(settled), "classes: numbers");
    EXPECT_FALSE(settled.provenance.contains("channels"));
    EXPECT_THAT(settled.normalization.mean, ElementsAre(0.485F, 0.456F, 0.406F));
    EXPECT_EQ(settled.preprocess.resize, 259);  // 256/224 of 227
  }
  write(narrow("alexnet-2012", {.classes = 2}));
  EXPECT_THAT(assumptions(load_model(path_, {.network = "alexnet-2012"})),
              HasSubstr("preprocessing: torchvision"));
}

TEST_F(ForeignModels, OtherNamesAreMatchedByOrderWhichIsSaid) {
  const Architecture net = narrow("alexnet", {.classes = 2});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  std::vector<NamedView> views = parameters.views();
  for (std::size_t i = 0; i < views.size(); ++i) {
    views[i].name = fmt::format("layer{}.{}", i / 2, i % 2 == 0 ? "weight" : "bias");
  }
  write_pytorch(path_, views);
  const Model model = load_model(path_);
  EXPECT_EQ(model.architecture, net);
  EXPECT_EQ(assumptions(model),
            "classes: numbers, image size: 224, preprocessing: torchvision, tensors: by their "
            "order and shapes, 'layer0.weight' to 'layer7.bias'");
  for (const auto& [name, tensor] : parameters) {
    EXPECT_TRUE(std::ranges::equal(model.parameters.at(name).values(), tensor.values())) << name;
  }
}

TEST_F(ForeignModels, WhatDoesNotFitIsRefused) {
  const Architecture net = narrow("alexnet", {.classes = 2});
  const Parameters parameters = write(net);
  refused({.network = "caffenet"}, "does not fit caffenet: 'features.4.weight'");
  refused({.image_size = 30}, "use a larger image");
  refused({.classes = {"one"}}, "has 2 classes and 1 names are given");

  std::vector<NamedView> some = parameters.views();
  some.pop_back();
  write_pytorch(path_, some);
  refused({}, "does not fit alexnet: 'classifier.6.bias' is missing");

  std::vector<NamedView> other = parameters.views();
  other[0].tensor.shape = {8, 3, 121};
  write_pytorch(path_, other);
  refused({}, "does not fit alexnet: 'features.0.weight' has shape (8, 3, 121)");
}

TEST_F(ForeignModels, PreprocessingForOtherChannelsIsRefused) {
  write(narrow("alexnet", {.in_channels = 1, .classes = 2}));
  refused({.preprocess = "torchvision"}, "'torchvision' is for 3 channels");
  EXPECT_THAT([&] { load_model(path_, {.preprocess = "magic"}); },
              ThrowsMessage<Error>(HasSubstr("torchvision, caffe, unit, bytes")));
}

TEST_F(ForeignModels, PartsOfPreprocessingAreSettledOneByOne) {
  write(narrow("alexnet", {.classes = 2, .image_size = 112}));
  const LoadOptions small{.image_size = 112, .classes = {"cat", "dog"}};
  LoadOptions resized = small;
  resized.input = {
      .resize = {120, 130}, .fit = Fit::stretch, .interpolation = Interpolation::bicubic};
  const Model model = load_model(path_, resized);
  EXPECT_EQ(model.preprocess, (Preprocess{.resize = {120, 130},
                                          .crop = 112,
                                          .fit = Fit::stretch,
                                          .interpolation = Interpolation::bicubic}));
  EXPECT_EQ(assumptions(model), "preprocessing: torchvision's normalization");
  LoadOptions normalised = small;
  normalised.input = {.mean = {0.1F, 0.2F, 0.3F}, .deviation = {0.4F, 0.5F, 0.6F}};
  const Model other = load_model(path_, normalised);
  EXPECT_EQ(other.normalization.mean, normalised.input.mean);
  EXPECT_EQ(other.normalization.deviation, normalised.input.deviation);
  EXPECT_EQ(other.preprocess.resize, 128);
  EXPECT_EQ(assumptions(other), "resizing: torchvision's");
  const auto ours = folder_ / "ours.safetensors";
  save_model(ours, other);
  EXPECT_EQ(assumptions(load_model(ours, {.input = {.resize = 120}})), "");
  normalised.input.resize = 128;
  save_model(ours, load_model(path_, normalised));
  EXPECT_THAT([&] { load_model(ours, {.input = {.resize = 120}}); },
              ThrowsMessage<Error>(HasSubstr("brings its own normalization and resizing")));
  normalised.input.mean.pop_back();
  refused(normalised, "takes 3 channels, and means of 2 and deviations of 3 are given");
}

TEST_F(ForeignModels, CaffesLayersLieBesideItsWeights) {
  const std::filesystem::path fixtures = tests_folder() / "formats/caffe/fixtures";
  const Model model =
      load_model(fixtures / "AlexNet.caffemodel", {.mean_image = fixtures / "mean.binaryproto"});
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

TEST_F(ForeignModels, CaffesFormatIsNotWritten) {
  write(narrow("alexnet", {.classes = 2}));
  EXPECT_THAT([&] { save_model(folder_ / "x.caffemodel", load_model(path_)); },
              ThrowsMessage<Error>(HasSubstr("can be read but not written")));
}

TEST_F(ForeignModels, OtherFilesAreRefused) {
  write_text_file(folder_ / "notes.txt", "hello");
  EXPECT_THAT([&] { load_model(folder_ / "notes.txt"); },
              ThrowsMessage<Error>(HasSubstr("notes.txt: not a weights file")));
}

}  // namespace
}  // namespace alexnet
