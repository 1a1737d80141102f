// Weights and options that do not go together, and the sentence that people get.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/onnx.h>
#include <alexnet/pytorch.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/caffe/caffe.pb.h"
#include "formats/common/model_metadata.h"
#include "formats/foreign_models.h"
#include "support/case_name.h"
#include "support/paths.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

using ::testing::ThrowsMessage;
namespace fs = std::filesystem;

struct Refusal {
  const char* name;
  std::function<void(const TempFolder& folder)> load;
  const char* sentence;  // its first line, without the folder
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class RefusedLoad : public ::testing::TestWithParam<Refusal> {
 protected:
  std::string sentence() const {
    try {
      GetParam().load(folder_);
    } catch (const Error& error) {
      std::string text = error.what();
      text.resize(std::min(text.find('\n'), text.size()));
      const std::string folder = folder_.path().string() + "/";
      for (std::size_t at = 0; (at = text.find(folder, at)) != std::string::npos;) {
        text.erase(at, folder.size());
      }
      return text;
    }
    return "nothing";
  }

  TempFolder folder_;
};

TEST_P(RefusedLoad, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(sentence(), GetParam().sentence);
}

void write_pth(const fs::path& path, const Architecture& net) {
  const Parameters weights = initialize(net, Initializer::he, 1);
  write_pytorch(path, weights.views());
}

/// A state dict of torchvision's network of few channels, loaded with options.
Refusal state_dict(const char* name, const LoadOptions& options, const char* sentence) {
  const auto load = [options](const TempFolder& folder) {
    const Architecture net = narrow("alexnet", {.classes = 2});
    write_pth(folder / "x.pth", net);
    load_model(folder / "x.pth", options);
  };
  return {name, load, sentence};
}

/// The same in another format that says what the network is.
Refusal described(const char* name, const char* file, const LoadOptions& options,
                  const char* sentence) {
  const auto load = [options, file](const TempFolder& folder) {
    const Architecture net = narrow("alexnet", {.classes = 2, .image_size = 63});
    Model model{.architecture = net,
                .parameters = initialize(net, Initializer::he, 1),
                .classes = {"cat", "dog"},
                .preprocess = {.resize = 63, .crop = 63, .channels = 3},
                .normalization = {.mean = {0, 0, 0}, .deviation = {1, 1, 1}},
                .provenance = {}};
    save_model(folder / file, model);
    load_model(folder / file, options);
  };
  return {name, load, sentence};
}

INSTANTIATE_TEST_SUITE_P(
    StateDicts, RefusedLoad,
    ::testing::Values(
        state_dict("other_network", {.network = "caffenet"},
                   "x.pth: does not fit caffenet: 'features.4.weight' is missing"),
        state_dict("unknown_network", {.network = "vgg"},
                   "there is no network 'vgg'; choose one of alexnet, alexnet-2012, bvlc-alexnet, "
                   "caffenet"),
        state_dict("small_images", {.image_size = 30},
                   "x.pth: does not fit alexnet: the network alexnet: layer features.5 (MaxPool) "
                   "cannot take (192, 2, 2): its 3x3 window does not fit; use a larger image, of "
                   "at least 63 x 63 pixels"),
        state_dict("one_class", {.classes = {"cat"}}, "x.pth: has 2 classes and 1 names are given"),
        state_dict(
            "unknown_preprocessing", {.preprocess = "magic"},
            "there is no preprocessing 'magic'; choose one of torchvision, caffe, unit, bytes"),
        state_dict("two_means", {.input = {.mean = {0, 0}, .deviation = {1, 1, 1}}},
                   "x.pth: takes 3 channels, and means of 2 and deviations of 3 are given"),
        state_dict("no_such_state", {.state = "ema"}, "x.pth: has no state dict 'ema', only '.'"),
        state_dict("output_of_a_state_dict", {.output = "logits"},
                   "x.pth: only ONNX files have outputs to choose from; leave --graph-output away"),
        state_dict("prototxt_of_a_state_dict", {.prototxt = "deploy.prototxt"},
                   "x.pth: a prototxt is for a .caffemodel; leave --prototxt away"),
        state_dict("no_mean_image", {.mean_image = "none.binaryproto"},
                   "cannot read none.binaryproto: No such file or directory"),
        Refusal{"preprocessing_for_colours",
                [](const TempFolder& folder) {
                  const Architecture net = narrow("alexnet", {.in_channels = 1, .classes = 2});
                  write_pth(folder / "x.pth", net);
                  load_model(folder / "x.pth", {.preprocess = "torchvision"});
                },
                "x.pth: preprocessing 'torchvision' is for 3 channels and alexnet takes 1"},
        Refusal{"mean_image_of_colours",
                [](const TempFolder& folder) {
                  const Architecture net = narrow("alexnet", {.in_channels = 1, .classes = 2});
                  write_pth(folder / "x.pth", net);
                  caffe::BlobProto mean;
                  mean.set_num(1);
                  mean.set_channels(3);
                  mean.set_height(1);
                  mean.set_width(1);
                  for (int c = 0; c < 3; ++c) mean.add_data(100);
                  write_text_file(folder / "mean.binaryproto", mean.SerializeAsString());
                  load_model(folder / "x.pth", {.mean_image = folder / "mean.binaryproto"});
                },
                "mean.binaryproto: has 3 channels and the network takes 1"},
        Refusal{"several_networks",
                [](const TempFolder& folder) {
                  const Architecture net = narrow("caffenet", {.classes = 2});
                  write_pth(folder / "x.pth", net);
                  load_model(folder / "x.pth");
                },
                "x.pth: its tensors fit alexnet-2012 and bvlc-alexnet and caffenet; say which "
                "(convert it with --model)"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Described, RefusedLoad,
    ::testing::Values(
        described("state_of_ours", "x.safetensors", {.state = "ema"},
                  "x.safetensors: holds one network and no state dicts to choose from; leave "
                  "--state away"),
        described(
            "state_of_onnx", "x.onnx", {.state = "ema"},
            "x.onnx: holds one network and no state dicts to choose from; leave --state away"),
        described("other_network_of_onnx", "x.onnx", {.network = "caffenet"},
                  "x.onnx: holds alexnet, not caffenet; leave --model away"),
        described("other_size", "x.safetensors", {.image_size = {64, 63}},
                  "x.safetensors: is for images of 63 pixels, not 64x63; leave the image size to "
                  "the file"),
        described("other_size_of_onnx", "x.onnx", {.image_size = {64, 63}},
                  "x.onnx: its height is 63 and cannot be 64; leave the image size to the file"),
        described("own_normalization", "x.safetensors", {.preprocess = "torchvision"},
                  "x.safetensors: brings its own normalization and resizing; options for these are "
                  "for files that leave them open"),
        described("own_mean", "x.safetensors", {.mean_image = "mean.binaryproto"},
                  "x.safetensors: brings its own normalization and resizing; options for these are "
                  "for files that leave them open"),
        described("own_resizing", "x.onnx", {.input = {.resize = 70}},
                  "x.onnx: brings its own normalization and resizing; options for these are for "
                  "files that leave them open"),
        described("output_of_onnx", "x.onnx", {.output = "x"},
                  "x.onnx: it has no output 'x', only 'log_probabilities'"),
        described("unknown_extension", "x.txt", {},
                  "x.txt: the extension says no format; name it .safetensors, .pth or .onnx"),
        described("caffemodel", "x.caffemodel", {},
                  "x.caffemodel: formats of Caffe and MATLAB can be read but not written; name it "
                  ".safetensors, "
                  ".pth or .onnx"),
        Refusal{"no_prototxt",
                [](const TempFolder& folder) {
                  fs::copy_file(tests_folder() / "formats/caffe/fixtures/AlexNet.caffemodel",
                                folder / "net.caffemodel");
                  load_model(folder / "net.caffemodel");
                },
                "net.caffemodel: there is no deploy.prototxt beside it to say its layers; name it "
                "(convert it with --prototxt)"},
        Refusal{"no_file", [](const TempFolder& folder) { find_weights(folder / "x"); },
                "there is no x; name a weights file or a run folder"},
        Refusal{"empty_folder",
                [](const TempFolder& folder) {
                  std::filesystem::create_directory(folder / "empty");
                  find_weights(folder / "empty");
                },
                "there are no weights in empty: no best.safetensors, no "
                "model.safetensors, no model.safetensors.index.json, no pytorch_model.bin, no "
                "pytorch_model.bin.index.json; a run's "
                "first epoch writes the first"}),
    kCaseName);

/// A folder as Hugging Face has it, with a file beside the weights.
Refusal beside(const char* name, const char* file, const char* text, const char* sentence) {
  const auto load = [file, text](const TempFolder& folder) {
    const Architecture net = narrow("alexnet", {.classes = 2});
    const Parameters weights = initialize(net, Initializer::he, 1);
    write_safetensors(folder / "model.safetensors", weights.views(), {{"format", "pt"}});
    write_text_file(folder / file, text);
    load_model(folder / "model.safetensors");
  };
  return {name, load, sentence};
}

constexpr const char* kProcessor = "preprocessor_config.json";
constexpr const char* kConfig = "config.json";

INSTANTIATE_TEST_SUITE_P(
    HuggingFace, RefusedLoad,
    ::testing::Values(
        beside("no_object", kProcessor, "[]",
               "preprocessor_config.json: it is not an object; move it away, or convert the "
               "weights with options"),
        beside(
            "no_json", kConfig, "{",
            "config.json: damaged, not valid JSON at byte 2; move it away, or convert the weights "
            "with options"),
        beside("resize_of_text", kProcessor, R"({"do_resize": "yes"})",
               "preprocessor_config.json: 'do_resize' is \"yes\" where true or false is known; "
               "move it away, or convert the weights with options"),
        beside("longest_edge", kProcessor, R"({"size": {"longest_edge": 9, "shortest_edge": 8}})",
               "preprocessor_config.json: 'size' is {\"longest_edge\":9,\"shortest_edge\":8} where "
               "a number, a shortest edge, or a height and a width is known; move it away, or "
               "convert the weights with options"),
        beside("no_pixels", kProcessor, R"({"size": 0})",
               "preprocessor_config.json: 'size' is 0 where a number of pixels is known; move it "
               "away, or convert the weights with options"),
        beside("text_as_size", kProcessor, R"({"size": "large"})",
               "preprocessor_config.json: 'size' is \"large\" where a number, a shortest edge, or "
               "a height and a width is known; move it away, or convert the weights with options"),
        beside("crop_share", kProcessor, R"({"size": 224, "crop_pct": -1})",
               "preprocessor_config.json: 'crop_pct' is -1 where a number above 0 is known; move "
               "it away, or convert the weights with options"),
        beside("blue_first", kProcessor, R"({"do_flip_channel_order": true})",
               "preprocessor_config.json: 'do_flip_channel_order' wants blue first; move it away, "
               "or convert the weights with options"),
        beside("no_mean", kProcessor, R"({"do_normalize": true})",
               "preprocessor_config.json: it normalises without 'image_mean' and 'image_std'; move "
               "it away, or convert the weights with options"),
        beside("offset_alone", kProcessor, R"({"do_normalize": false, "rescale_offset": true})",
               "preprocessor_config.json: an offset without a mean is not known; move it "
               "away, or convert the weights with options"),
        beside("text_as_mean", kProcessor, R"({"image_mean": ["a"], "image_std": [1]})",
               "preprocessor_config.json: 'image_mean' is [\"a\"] where a list of numbers is "
               "known; move it away, or convert the weights with options"),
        beside("means_of_two", kProcessor, R"({"image_mean": [0, 0], "image_std": [1, 1]})",
               "preprocessor_config.json: has means of 2 and deviations of 2 channels and the "
               "weights beside it take 3; give theirs (convert them with --mean and --std)"),
        beside("filter", kProcessor, R"({"resample": 7})",
               "preprocessor_config.json: 'resample' is 7 where one of Pillow's numbers, 0 to 5, "
               "is known; move it away, or convert the weights with options"),
        beside("one_class", kConfig, R"({"id2label": {"0": "cat"}})",
               "config.json: names 1 classes and the weights beside it have 2; name theirs "
               "(convert them with --labels)"),
        beside("class_missing", kConfig, R"({"id2label": {"1": "cat"}})",
               "config.json: 'id2label' names no class 0; move it away, or convert the weights "
               "with options"),
        beside("labels_as_number", kConfig, R"({"id2label": 2})",
               "config.json: 'id2label' is 2 where a list or an object of names is known; move it "
               "away, or convert the weights with options"),
        beside("input_size", kConfig, R"({"pretrained_cfg": {"input_size": 224}})",
               "config.json: 'pretrained_cfg': 'input_size' is 224 where (c, h, w) is known; move "
               "it away, or convert the weights with options"),
        beside("crop_mode", kConfig,
               R"({"pretrained_cfg": {"input_size": [3, 224, 224], "crop_mode": "border"}})",
               "config.json: 'pretrained_cfg': 'crop_mode' is \"border\" where center or squash is "
               "known; move it away, or convert the weights with options"),
        beside("crop_mode_number", kConfig,
               R"({"pretrained_cfg": {"input_size": [3, 224, 224], "crop_mode": 1}})",
               "config.json: 'pretrained_cfg': 'crop_mode' is 1 where a word is known; move it "
               "away, or convert the weights with options"),
        beside("interpolation", kConfig,
               R"({"pretrained_cfg": {"input_size": [3, 224, 224], "interpolation": "random"}})",
               "config.json: 'pretrained_cfg': 'interpolation' is \"random\" where one of nearest, "
               "lanczos, bilinear, bicubic, box, hamming is known; move it away, or convert the "
               "weights with options")),
    kCaseName);

Refusal index(const char* name, const char* text, const char* sentence) {
  const auto load = [text](const TempFolder& folder) {
    const Architecture net = narrow("alexnet", {.classes = 2});
    const Parameters weights = initialize(net, Initializer::he, 1);
    write_safetensors(folder / "a.safetensors", weights.views(), {});
    write_text_file(folder / "model.safetensors.index.json", text);
    load_model(folder / "model.safetensors.index.json");
  };
  return {name, load, sentence};
}

INSTANTIATE_TEST_SUITE_P(
    Index, RefusedLoad,
    ::testing::Values(
        index("no_map", R"({"weights": {}})",
              "model.safetensors.index.json: an index of weights has a 'weight_map' of tensors and "
              "files, and this has none"),
        index("other_folder", R"({"weight_map": {"w": "../a.safetensors"}})",
              "model.safetensors.index.json: damaged: tensor 'w' is not in a file beside it"),
        index("number", R"({"weight_map": {"w": 1}})",
              "model.safetensors.index.json: damaged: tensor 'w' is not in a file beside it"),
        index("missing_part", R"({"weight_map": {"w": "b.safetensors"}})",
              "model.safetensors.index.json: its part b.safetensors is missing beside it; get that "
              "too"),
        index("missing_tensor", R"({"weight_map": {"w": "a.safetensors"}})",
              "model.safetensors.index.json: says that tensor 'w' is in a.safetensors, and it is "
              "not"),
        index(
            "no_tensors", R"({"weight_map": {}})",
            "model.safetensors.index.json: does not fit alexnet: 'features.0.weight' is missing")),
    kCaseName);

}  // namespace
}  // namespace alexnet::test
