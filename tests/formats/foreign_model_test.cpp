// Weights that somebody else wrote: tensors under torchvision's names, and nothing else.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/onnx.h>
#include <alexnet/pytorch.h>
#include <alexnet/random.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/common/input_convention.h"
#include "support/case_name.h"
#include "support/expect_error.h"
#include "support/paths.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

// A network by its name with few channels and features.
Architecture narrow(std::string_view name, const NetworkOptions& options) {
  Architecture net = make_network(name, options);
  for (Layer& layer : net.layers) {
    if (auto* conv = std::get_if<Conv>(&layer)) conv->out_channels = 8;
    if (auto* linear = std::get_if<Linear>(&layer)) {
      if (linear->out_features != options.classes) linear->out_features = 16;
    }
  }
  net.validate();
  return net;
}

void strip_onnx_metadata(const std::filesystem::path& path) {
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(read_text_file(path)));
  model.clear_metadata_props();
  write_text_file(path, model.SerializeAsString());
}

class ForeignModels : public ::testing::Test {
 protected:
  /// Writes random weights of the network as a state dict.
  Parameters write(const Architecture& net) const {
    Parameters parameters = initialize(net, Initializer::he, 1);
    write_pytorch(path_, parameters.views());
    return parameters;
  }
  auto refused(const LoadOptions& options, const std::string& why) const {
    EXPECT_THAT([&] { load_model(path_, options); },
                ThrowsMessage<Error>(AllOf(StartsWith(path_.string() + ": "), HasSubstr(why))));
  }

  test::TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.pth";
};

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

TEST_F(ForeignModels, OnnxBringsAllOfAModelBack) {
  write(narrow("alexnet", {.classes = 2, .image_size = 63}));
  const Model model = load_model(path_, {.image_size = 63, .classes = {"cat", "dog"}});
  save_model(folder_ / "x.onnx", model);
  const Model back = load_model(folder_ / "x.onnx");
  EXPECT_EQ(back.classes, model.classes);
  EXPECT_EQ(back.preprocess, model.preprocess);
  EXPECT_EQ(back.normalization, model.normalization);
  EXPECT_EQ(back.provenance, model.provenance);
}

TEST_F(ForeignModels, OnnxOfOthersIsSettledLikeStateDicts) {
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
  EXPECT_THAT(foreign.normalization.deviation, Each(FloatNear(0.1F, 1e-6F)));
  EXPECT_EQ(assumptions(foreign),
            "classes: numbers, preprocessing: bytes, then the graph's own normalization, "
            "resizing: torchvision's");
}

TEST_F(ForeignModels, AGraphsMeanImageIsPartOfItsNormalization) {
  constexpr Size kSize{96, 112};
  const Architecture net = narrow("alexnet", {.classes = 2, .image_size = kSize});
  MeanImage image{.size = kSize, .channels = 3, .values = {}};
  for (int i = 0; i < kSize.height * kSize.width * 3; ++i) {
    image.values.push_back(0.3F + static_cast<float>(i % 101) / 1000.0F);
  }
  Model model{.architecture = net,
              .parameters = initialize(net, Initializer::he, 1),
              .classes = {"cat", "dog"},
              .preprocess = {.resize = kSize, .crop = kSize, .channels = 3},
              .normalization = {.mean = {0.4F, 0.4F, 0.4F}, .deviation = {0.1F, 0.1F, 0.1F}},
              .provenance = {}};
  model.normalization.mean_image = std::make_shared<MeanImage>(image);
  write_onnx(folder_ / "x.onnx", model, {.bake_normalization = true});
  strip_onnx_metadata(folder_ / "x.onnx");
  const auto pixel = [&](const Model& read, int y, int x) {
    const MeanImage& mean = *read.normalization.mean_image;
    const int top = centre_offset(mean.size.height - kSize.height);
    const int left = centre_offset(mean.size.width - kSize.width);
    const auto at = mean.values.begin() + ((y + top) * mean.size.width + x + left) * 3;
    return std::vector<float>(at, at + 3);
  };
  const auto expected = image.values.begin() + (5 * kSize.width + 7) * 3;
  std::vector<float> colours(expected, expected + 3);
  const Model bytes = load_model(folder_ / "x.onnx");
  EXPECT_EQ(bytes.normalization.mean_image->size, bytes.preprocess.resize);
  EXPECT_GT(bytes.preprocess.resize.height, kSize.height);
  EXPECT_THAT(pixel(bytes, 5, 7), Pointwise(FloatNear(1e-5F), colours));
  const Model unit = load_model(folder_ / "x.onnx", {.preprocess = "unit"});
  std::vector<float> of_unit = colours;
  for (float& colour : of_unit) colour *= 255;
  EXPECT_THAT(pixel(unit, 5, 7), Pointwise(FloatNear(1e-2F), of_unit));
  // Blue first, less Caffe's means, before the graph's own mean is taken away.
  const Model caffe = load_model(folder_ / "x.onnx", {.preprocess = "caffe"});
  const std::array<float, 3> means{122.67892F / 255, 116.66877F / 255, 104.00699F / 255};
  std::ranges::reverse(colours);
  for (std::size_t c = 0; c < 3; ++c) colours[c] += means.at(c);
  EXPECT_THAT(pixel(caffe, 5, 7), Pointwise(FloatNear(1e-5F), colours));
}

class NormalisingOnnx : public ForeignModels {
 protected:
  /// A graph that begins with (x - mean) / deviation, as torchvision has them.
  NormalisingOnnx() {
    const Architecture net = narrow("alexnet", {.classes = 2, .image_size = 112});
    Model model{.architecture = net,
                .parameters = initialize(net, Initializer::he, 1),
                .classes = {"cat", "dog"},
                .preprocess = {.resize = 112, .crop = 112},
                .normalization = {},
                .provenance = {}};
    for (std::size_t c = 0; c < kMean.size(); ++c) {  // as if x were bytes
      model.normalization.mean.push_back(kMean.at(c) / 255);
      model.normalization.deviation.push_back(kDeviation.at(c) / 255);
    }
    write_onnx(onnx_, model, {.bake_normalization = true});
    strip_onnx_metadata(onnx_);
  }

  void expect_normalization(const Model& model, const std::function<float(std::size_t)>& mean,
                            const std::function<float(std::size_t)>& deviation) const {
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(model.normalization.mean[c], mean(c), 1e-6F) << c;
      EXPECT_NEAR(model.normalization.deviation[c], deviation(c), 1e-6F) << c;
    }
  }
  void expect_of_bytes(const Model& model) const {
    expect_normalization(
        model, [](auto c) { return kMean.at(c) / 255; },
        [](auto c) { return kDeviation.at(c) / 255; });
  }

  static constexpr std::array<float, 3> kMean{0.485F, 0.456F, 0.406F};
  static constexpr std::array<float, 3> kDeviation{0.229F, 0.224F, 0.225F};
  std::filesystem::path onnx_ = folder_ / "x.onnx";
};

TEST_F(NormalisingOnnx, IsForPixelsOfOneByItsMeans) {
  const Model model = load_model(onnx_);
  expect_normalization(
      model, [](auto c) { return kMean.at(c); }, [](auto c) { return kDeviation.at(c); });
  EXPECT_EQ(model.preprocess, (Preprocess{.resize = 128, .crop = 112}));
  EXPECT_THAT(assumptions(model),
              HasSubstr("preprocessing: unit, then the graph's own normalization, resizing: "
                        "torchvision's"));
}

TEST_F(NormalisingOnnx, AnOptionSaysWhatItTakes) {
  const Model bytes = load_model(onnx_, {.preprocess = "bytes"});
  expect_of_bytes(bytes);
  EXPECT_THAT(assumptions(bytes), Not(HasSubstr("preprocessing")));
  // Normalised twice.
  expect_normalization(
      load_model(onnx_, {.preprocess = "torchvision"}),
      [](auto c) { return kMean.at(c) + kMean.at(c) * kDeviation.at(c); },
      [](auto c) { return kDeviation.at(c) * kDeviation.at(c); });
  const Model given =
      load_model(onnx_, {.input = {.mean = {0.5F, 0.5F, 0.5F}, .deviation = {2, 2, 2}}});
  expect_normalization(
      given, [](auto c) { return 0.5F + 2 * kMean.at(c); },
      [](auto c) { return 2 * kDeviation.at(c); });
}

TEST_F(NormalisingOnnx, WhatWasAssumedIsSettledLater) {
  const auto ours = folder_ / "ours.safetensors";
  save_model(ours, load_model(onnx_));
  const Model settled = load_model(ours, {.preprocess = "bytes"});
  expect_of_bytes(settled);
  save_model(ours, settled);
  expect_of_bytes(load_model(ours));
}

struct GraphInput {
  const char* name;
  float mean;       // in the unit of the graph's input
  float deviation;  // likewise
  const char* expected;
};

void PrintTo(const GraphInput& input, std::ostream* out) {
  *out << input.name;
}

class GraphInputs : public ::testing::TestWithParam<GraphInput> {};

TEST_P(GraphInputs, AreInferred) {
  const auto& [name, mean, deviation, expected] = GetParam();
  EXPECT_EQ(likely_graph_input({{mean / 255}, {deviation / 255}}), expected);
}

INSTANTIATE_TEST_SUITE_P(All, GraphInputs,
                         ::testing::Values(GraphInput{"imagenet", 0.485F, 0.229F, "unit"},
                                           GraphInput{"of_bytes", 123.675F, 58.395F, "bytes"},
                                           GraphInput{"caffe", 123.68F, 1, "bytes"},
                                           GraphInput{"halves", 127.5F, 127.5F, "bytes"},
                                           GraphInput{"half", 0.5F, 0.5F, "unit"},
                                           GraphInput{"minus_half", 0.5F, 1, "unit"},
                                           GraphInput{"by_255", 0, 255, "bytes"},
                                           GraphInput{"by_deviation", 0, 0.25F, "unit"},
                                           GraphInput{"times_255", 0, 1 / 255.0F, "unit"}),
                         kCaseName);

// Of the input's extents.
void open_size(const std::filesystem::path& path) {
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(read_text_file(path)));
  auto& shape = *model.mutable_graph()
                     ->mutable_input(0)
                     ->mutable_type()
                     ->mutable_tensor_type()
                     ->mutable_shape();
  shape.mutable_dim(2)->set_dim_param("height");
  shape.mutable_dim(3)->set_dim_param("width");
  write_text_file(path, model.SerializeAsString());
}

TEST_F(ForeignModels, OnnxWithAnOpenSizeSaysWhatIsAssumed) {
  const auto path = folder_ / "x.onnx";
  write(narrow("alexnet", {.classes = 2}));
  save_model(path, load_model(path_));
  open_size(path);
  EXPECT_THAT(load_model(path).architecture.input_size(), Size(224));
  strip_onnx_metadata(path);
  EXPECT_THAT(assumptions(load_model(path)), HasSubstr("image size: 224"));
  const Model chosen = load_model(path, {.image_size = 224});
  EXPECT_THAT(assumptions(chosen), Not(HasSubstr("image size")));
}

TEST_F(ForeignModels, OnnxOfCaffeGetsCaffesPreprocessing) {
  const auto path = folder_ / "x.onnx";
  const auto assumed = [&](const Architecture& net,
                           const std::function<void(onnx::ModelProto&)>& edit) {
    write(net);
    save_model(path, load_model(path_, {.network = net.name, .image_size = net.input_size()}));
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(read_text_file(path)));
    model.clear_metadata_props();
    edit(model);
    write_text_file(path, model.SerializeAsString());
    return assumptions(load_model(path));
  };
  const auto nothing = [](onnx::ModelProto&) {};
  const Architecture alexnet = narrow("alexnet", {.classes = 2});
  for (const char* name : {"bvlc-alexnet", "caffenet"}) {
    const Architecture net = make_network(name, {.classes = 2, .image_size = 67});
    EXPECT_THAT(assumed(net, nothing), HasSubstr("preprocessing: caffe"));
  }
  EXPECT_THAT(assumed(alexnet, nothing), HasSubstr("preprocessing: torchvision"));
  EXPECT_THAT(assumed(alexnet, [](onnx::ModelProto& m) { m.set_producer_name("onnx-caffe2"); }),
              HasSubstr("preprocessing: caffe"));
  const auto rename = [](onnx::ModelProto& model) {
    onnx::GraphProto& graph = *model.mutable_graph();
    graph.mutable_input(0)->set_name("data_0");
    graph.mutable_initializer(0)->set_name("conv1_w_0");
    graph.mutable_node(0)->set_input(0, "data_0");
    graph.mutable_node(0)->set_input(1, "conv1_w_0");
  };
  EXPECT_THAT(assumed(alexnet, rename), HasSubstr("preprocessing: caffe"));
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
