// ONNX that somebody else wrote: what its graph says, and what is assumed.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/onnx.h>
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
#include "formats/foreign_models.h"
#include "formats/onnx/graph.h"
#include "support/case_name.h"
#include "support/paths.h"

namespace alexnet {
namespace {

using test::ForeignModels;
using test::narrow;
using test::strip_onnx_metadata;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;
using ::testing::ThrowsMessage;

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

// It would be a second mean.
TEST_F(ForeignModels, CaffesMeanImageIsNotForAGraphThatNormalises) {
  const auto mean = tests_folder() / "formats/caffe/fixtures/mean.binaryproto";
  const auto path = folder_ / "x.onnx";
  const Architecture net = narrow("alexnet", {.classes = 2, .image_size = 64});
  Model model{.architecture = net,
              .parameters = initialize(net, Initializer::he, 1),
              .classes = {"cat", "dog"},
              .preprocess = {.resize = 64, .crop = 64, .channels = 3},
              .normalization = {.mean = {0.5F, 0.5F, 0.5F}, .deviation = {1, 1, 1}},
              .provenance = {}};
  const auto refuses = [&](const std::string& why) {
    EXPECT_THAT([&] { load_model(path, {.mean_image = mean}); },
                ThrowsMessage<Error>(fmt::format("{}: {}", path.string(), why)));
  };
  const std::string second = fmt::format(
      "subtracts a mean itself, and {} would be a second one; leave it away, or give the means of "
      "what its input is as numbers (--mean with --std)",
      mean.string());
  for (const bool whole : {false, true}) {
    if (whole) {
      model.normalization.mean_image = std::make_shared<MeanImage>(
          MeanImage{.size = 64, .channels = 3, .values = std::vector<float>(64UL * 64 * 3, 0.5F)});
    }
    write_onnx(path, model, {.bake_normalization = true});
    refuses(
        "brings its own normalization and resizing; options for these are for files that "
        "leave them open");
    strip_onnx_metadata(path);
    refuses(second);
  }
  // Without a normalization of its own the channels' means of the file are what is subtracted.
  write_onnx(path, model);
  strip_onnx_metadata(path);
  const Model read = load_model(path, {.preprocess = "caffe", .mean_image = mean});
  EXPECT_THAT(read.normalization.mean, ElementsAre(123.0F / 255, 117.0F / 255, 104.0F / 255));
  EXPECT_EQ(read.normalization.mean_image, nullptr);
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

TEST_F(ForeignModels, OnnxWithAnOpenSideSaysTheWholeSize) {
  const auto path = folder_ / "x.onnx";
  test::OnnxGraph graph;
  graph.input("images", {0, 3, 160, 0}).output("scores");
  graph.node("GlobalAveragePool", {"images"}, "mean");
  graph.node("Flatten", {"mean"}, "flat");
  graph.constant("w", {3, 2}, {1, 2, 3, 4, 5, 6});
  graph.node("Gemm", {"flat", "w"}, "scores");
  graph.write(path);
  const Model model = load_model(path);
  EXPECT_EQ(model.architecture.input_size(), Size(160, 224));
  EXPECT_EQ(assumptions(model),
            "classes: numbers, image size: 160x224, preprocessing: torchvision");
  EXPECT_EQ(assumptions(load_model(path, {.image_size = {160, 96}})),
            "classes: numbers, preprocessing: torchvision");
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

}  // namespace
}  // namespace alexnet
