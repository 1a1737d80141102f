// Weights in a folder as Hugging Face's libraries keep it.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/file.h"
#include "formats/foreign_models.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

class HuggingFace : public ::testing::Test {
 protected:
  HuggingFace() { write_safetensors(path_, parameters_.views(), {{"format", "pt"}}); }

  Model load(const std::string& processor, const std::string& config = "",
             const LoadOptions& options = {}) const {
    if (!processor.empty()) write_text_file(folder_ / "preprocessor_config.json", processor);
    if (!config.empty()) write_text_file(folder_ / "config.json", config);
    return load_model(path_, options);
  }
  auto loading(const std::string& processor, const std::string& config = "") const {
    return [=, this] { load(processor, config); };
  }

  /// An index, which says that all tensors are in one file.
  std::string index_of(const std::string& file) const {
    std::string map;
    for (const auto& [name, tensor] : parameters_) {
      map += fmt::format("{}\"{}\": \"{}\"", map.empty() ? "" : ", ", name, file);
    }
    return fmt::format("{{\"weight_map\": {{{}}}}}", map);
  }

  test::TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "model.safetensors";
  const Parameters parameters_ =
      initialize(test::narrow("alexnet", {.classes = 3}), Initializer::he, 1);
};

constexpr const char* kProcessor = R"({
  "do_resize": true, "size": {"shortest_edge": 240}, "resample": 3,
  "do_center_crop": true, "crop_size": {"height": 200, "width": 220},
  "do_rescale": true, "rescale_factor": 0.00392156862745098,
  "do_normalize": true, "image_mean": [0.5, 0.25, 0.125], "image_std": [0.5, 0.6, 0.7],
  "image_processor_type": "SomeImageProcessor"})";
constexpr const char* kConfig =
    R"({"architectures": ["A"], "id2label": {"2": "cat", "0": "ant", "1": "bee"}})";

TEST_F(HuggingFace, ItsFilesSayAllThatTheWeightsLeaveOpen) {
  const Model model = load(kProcessor, kConfig);
  EXPECT_EQ(
      model.preprocess,
      (Preprocess{.resize = 240, .crop = {200, 220}, .interpolation = Interpolation::bicubic}));
  EXPECT_THAT(model.normalization.mean, ElementsAre(0.5F, 0.25F, 0.125F));
  EXPECT_THAT(model.normalization.deviation, ElementsAre(0.5F, 0.6F, 0.7F));
  EXPECT_THAT(model.classes, ElementsAre("ant", "bee", "cat"));
  EXPECT_EQ(assumptions(model), "");
  EXPECT_EQ(model.provenance.at("described by"), "preprocessor_config.json, config.json");
}

TEST_F(HuggingFace, PartsAreDescribedAsWell) {
  std::filesystem::rename(path_, folder_ / "part.safetensors");
  const auto index = folder_ / "model.safetensors.index.json";
  write_text_file(index, index_of("part.safetensors"));
  write_text_file(folder_ / "preprocessor_config.json", kProcessor);
  write_text_file(folder_ / "config.json", kConfig);
  const Model model = load_model(index);
  EXPECT_EQ(model.preprocess.crop, Size(200, 220));
  EXPECT_THAT(model.classes, ElementsAre("ant", "bee", "cat"));
  EXPECT_EQ(model.provenance.at("described by"), "preprocessor_config.json, config.json");
  write_text_file(folder_ / "config.json", R"({"id2label": {"0": "ant"}})");
  EXPECT_THAT([&] { load_model(index); },
              ThrowsMessage<Error>(HasSubstr("config.json: names 1 classes")));
}

// The same model in PyTorch's own file, whole or in parts, is the same model.
TEST_F(HuggingFace, PytorchsFilesAreDescribedAsWell) {
  const Model wanted = load(kProcessor, kConfig);
  std::filesystem::remove(path_);
  write_pytorch(folder_ / "part.pth", parameters_.views());
  std::filesystem::copy_file(folder_ / "part.pth", folder_ / "pytorch_model.bin");
  const auto index = folder_ / "pytorch_model.bin.index.json";
  write_text_file(index, index_of("part.pth"));
  for (const auto& path : {folder_ / "pytorch_model.bin", index, folder_ / "part.pth"}) {
    const Model model = load_model(path);
    EXPECT_EQ(model.preprocess, wanted.preprocess);
    EXPECT_EQ(model.normalization.mean, wanted.normalization.mean);
    EXPECT_EQ(model.normalization.deviation, wanted.normalization.deviation);
    EXPECT_EQ(model.classes, wanted.classes);
    EXPECT_EQ(model.provenance.at("format"), "PyTorch state dict");
    EXPECT_EQ(model.provenance.at("described by"), "preprocessor_config.json, config.json");
  }
  std::filesystem::remove(folder_ / "pytorch_model.bin");
  EXPECT_EQ(find_weights(folder_.path()), index);
}

// Of a training script, say.
TEST_F(HuggingFace, OtherProgramsConfigsAreIgnoredBesideWeightsOfOtherNames) {
  const std::filesystem::path checkpoint = folder_ / "checkpoint.safetensors";
  std::filesystem::copy(path_, checkpoint);
  for (const char* config :
       {"[1, 2]", "{\"lr\": 0.1 // decays\n}", R"({"label_names": "names.txt"})",
        R"({"pretrained_cfg": "alexnet.tv_in1k", "id2label": {"0": "a", "1": "b", "2": "c"}})"}) {
    EXPECT_THAT(loading("", config),
                ThrowsMessage<Error>(HasSubstr("; move it away, or convert the weights")))
        << config;
    const Model model = load_model(checkpoint);
    EXPECT_THAT(assumptions(model),
                AllOf(HasSubstr("classes: "), HasSubstr("config.json: another program's")));
  }
  load("", kConfig);
  EXPECT_THAT(load_model(checkpoint).classes, ElementsAre("ant", "bee", "cat"));
}

TEST_F(HuggingFace, OptionsComeFirst) {
  const Model model = load(kProcessor, kConfig,
                           {.image_size = 100,
                            .classes = {"x", "y", "z"},
                            .input = {.resize = 110, .interpolation = Interpolation::box}});
  EXPECT_EQ(model.preprocess,
            (Preprocess{.resize = 110, .crop = 100, .interpolation = Interpolation::box}));
  EXPECT_THAT(model.classes, ElementsAre("x", "y", "z"));
  EXPECT_THAT(model.normalization.mean, ElementsAre(0.5F, 0.25F, 0.125F));
  const Model other = load("", "", {.preprocess = "bytes"});
  EXPECT_EQ(other.preprocess, (Preprocess{.resize = 224, .crop = 224}));
  EXPECT_EQ(other.provenance.at("described by"), "config.json");
}

TEST_F(HuggingFace, SizesHaveManyForms) {
  const auto preprocess = [&](const std::string& sizes) {
    return load(R"({"image_mean": [0, 0, 0], "image_std": [1, 1, 1], )" + sizes + "}").preprocess;
  };
  const Preprocess squeezed{.resize = 200, .crop = 200, .fit = Fit::stretch};
  EXPECT_EQ(preprocess(R"("size": 200)"), squeezed);
  EXPECT_EQ(preprocess(R"("size": {"height": 200, "width": 200})"), squeezed);
  EXPECT_EQ(preprocess(R"("size": 240, "crop_size": 200)"),
            (Preprocess{.resize = 240, .crop = 200}));
  EXPECT_EQ(preprocess(R"("size": {"shortest_edge": 210}, "crop_pct": 0.875)"),
            (Preprocess{.resize = 240, .crop = 210}));
  EXPECT_EQ(preprocess(R"("do_resize": false, "size": 240, "do_center_crop": true,
                          "crop_size": 200)"),
            (Preprocess{.resize = 200, .crop = 200}));
  EXPECT_THAT(loading(R"({"size": {"longest_edge": 200, "shortest_edge": 100}})"),
              ThrowsMessage<Error>(HasSubstr("'size' is {")));
}

TEST_F(HuggingFace, PixelsHaveManyUnits) {
  EXPECT_THAT(load(R"({"do_normalize": false})").normalization.deviation, ElementsAre(1, 1, 1));
  EXPECT_THAT(load(R"({"do_normalize": false, "do_rescale": false})").normalization.deviation,
              ElementsAre(1 / 255.0F, 1 / 255.0F, 1 / 255.0F));
  const Model bytes = load(R"({"do_rescale": false, "image_mean": [123, 117, 102],
                               "image_std": [51, 51, 51]})");
  EXPECT_THAT(bytes.normalization.mean,
              ElementsAre(FloatEq(123 / 255.0F), FloatEq(117 / 255.0F), FloatEq(0.4F)));
  EXPECT_THAT(bytes.normalization.deviation[0], FloatEq(0.2F));
  // x = pixel / 127.5 - 1
  for (const std::string name : {"rescale_offset", "offset"}) {
    const Model offset = load(fmt::format(R"({{"rescale_factor": 0.00784313725490196, "{}": true,
                                "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}})",
                                          name));
    EXPECT_THAT(offset.normalization.mean[0], FloatEq(0.5F)) << name;
    EXPECT_THAT(offset.normalization.deviation[0], FloatEq(0.5F)) << name;
  }
  EXPECT_THAT(loading(R"({"do_flip_channel_order": true})"),
              ThrowsMessage<Error>(HasSubstr("blue first")));
}

TEST_F(HuggingFace, TimmsConfigIsRead) {
  const Model model = load("", R"({"architecture": "alexnet", "pretrained_cfg": {
      "input_size": [3, 224, 224], "crop_pct": 0.875, "interpolation": "bicubic",
      "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}})");
  EXPECT_EQ(model.preprocess,
            (Preprocess{.resize = 256, .crop = 224, .interpolation = Interpolation::bicubic}));
  EXPECT_THAT(model.normalization.mean, ElementsAre(0.5F, 0.5F, 0.5F));
  EXPECT_EQ(assumptions(model), "classes: numbers");
}

TEST_F(HuggingFace, TimmsLabelsAreRead) {
  EXPECT_THAT(load("", R"({"label_names": ["ant", "bee", "cat"]})").classes,
              ElementsAre("ant", "bee", "cat"));
  EXPECT_THAT(load("", R"({"label_names": {"0": "ant", "2": "cat", "1": "bee"}})").classes,
              ElementsAre("ant", "bee", "cat"));
  EXPECT_THAT(loading("", R"({"label_names": ["ant", 2, "cat"]})"),
              ThrowsMessage<Error>(HasSubstr("'label_names' names no class 1")));
}

TEST_F(HuggingFace, WhatDoesNotFitIsRefused) {
  EXPECT_THAT(loading("", R"({"id2label": {"0": "ant"}})"),
              ThrowsMessage<Error>(
                  AllOf(HasSubstr("config.json: names 1 classes"), HasSubstr("--labels"))));
  EXPECT_THAT(loading("", R"({"id2label": {"1": "ant"}})"),
              ThrowsMessage<Error>(HasSubstr("names no class 0")));
  EXPECT_THAT(loading(R"({"resample": 7})", "{}"), ThrowsMessage<Error>(HasSubstr("'resample'")));
  EXPECT_THAT(loading("[]"), ThrowsMessage<Error>(HasSubstr("not an object")));
}

TEST_F(HuggingFace, PlaceholdersAndOtherFilesSayNothing) {
  const Model model =
      load("", R"({"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}, "epochs": 3})");
  EXPECT_THAT(assumptions(model), HasSubstr("classes: numbers"));
  EXPECT_FALSE(model.provenance.contains("described by"));
}

}  // namespace
}  // namespace alexnet
