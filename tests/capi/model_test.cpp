// Models through the C interface, beside the same through the C++ library.
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/version.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "capi/c_handles.h"
#include "core/file.h"
#include "support/paths.h"
#include "support/small_model.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Key;

class CModel : public ::testing::Test {
 protected:
  CModel() { save_model(path_, model_); }

  std::vector<float> tensor(const ModelHandle& model, const char* name) {
    alexnet_tensor found{};
    EXPECT_EQ(alexnet_model_tensor(model.get(), name, &found), ALEXNET_OK);
    return values_of(found);
  }

  TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.safetensors";
  const Model model_ = small_model();
};

TEST(CInterface, SaysItsVersion) {
  EXPECT_EQ(alexnet_c_version(), ALEXNET_C_VERSION);
  EXPECT_EQ(alexnet_version(), std::string(version()));
}

TEST(CInterface, StatusesHaveTheNamesOfErrorKinds) {
  EXPECT_STREQ(alexnet_status_name(ALEXNET_OK), "ok");
  EXPECT_STREQ(alexnet_status_name(ALEXNET_BAD_INPUT), "bad_input");
  EXPECT_STREQ(alexnet_status_name(ALEXNET_NOT_FOUND), "not_found");
  EXPECT_STREQ(alexnet_status_name(ALEXNET_UNSUPPORTED), "unsupported");
  EXPECT_STREQ(alexnet_status_name(ALEXNET_IO), "io");
  EXPECT_STREQ(alexnet_status_name(ALEXNET_INTERNAL), "internal");
  EXPECT_STREQ(alexnet_status_name(-1), "unknown");
  EXPECT_STREQ(alexnet_status_name(6), "unknown");
}

TEST_F(CModel, SaysWhatItIs) {
  const ModelHandle model = load(path_);
  const char* text = nullptr;
  ASSERT_OK(alexnet_model_network(model.get(), &text));
  EXPECT_STREQ(text, "small");
  std::int32_t channels = 0;
  std::int32_t height = 0;
  std::int32_t width = 0;
  ASSERT_OK(alexnet_model_input(model.get(), &channels, &height, &width));
  EXPECT_THAT((std::vector{channels, height, width}), ElementsAre(1, 28, 28));
  std::int32_t classes = 0;
  ASSERT_OK(alexnet_model_class_count(model.get(), &classes));
  EXPECT_EQ(classes, 10);
  ASSERT_OK(alexnet_model_class_name(model.get(), 7, &text));
  EXPECT_STREQ(text, "7");
  std::int64_t parameters = 0;
  ASSERT_OK(alexnet_model_parameter_count(model.get(), &parameters));
  EXPECT_EQ(parameters, model_.architecture.parameter_count());
}

TEST_F(CModel, HasItsTensorsInTheOrderOfTheLayers) {
  const ModelHandle model = load(path_);
  const std::vector<ParameterSpec> specs = model_.architecture.parameters();
  std::int32_t count = 0;
  ASSERT_OK(alexnet_model_tensor_count(model.get(), &count));
  ASSERT_EQ(count, std::ssize(specs));
  for (std::int32_t i = 0; i < count; ++i) {
    const ParameterSpec& spec = specs[static_cast<std::size_t>(i)];
    const char* name = nullptr;
    ASSERT_OK(alexnet_model_tensor_name(model.get(), i, &name));
    EXPECT_EQ(name, spec.name);
    alexnet_tensor found{};
    ASSERT_OK(alexnet_model_tensor(model.get(), name, &found));
    EXPECT_EQ(shape_of(found), spec.shape);
    EXPECT_THAT(values_of(found), ElementsAreArray(model_.parameters.at(spec.name).values()));
  }
}

TEST_F(CModel, SaysHowImagesBecomeItsInput) {
  const ModelHandle model = load(path_);
  alexnet_preprocess input{};
  input.struct_size = sizeof(input);
  ASSERT_OK(alexnet_model_preprocess(model.get(), &input));
  EXPECT_EQ(input.mean[0], 0.5F);
  EXPECT_EQ(input.deviation[0], 0.25F);
  EXPECT_EQ(input.mean_image, nullptr);
  EXPECT_EQ(input.resize_height, 28);
  EXPECT_EQ(input.crop_width, 28);
  EXPECT_EQ(input.channels, 1);
  EXPECT_EQ(input.fit, ALEXNET_FIT_COVER);
  EXPECT_EQ(input.interpolation, ALEXNET_BILINEAR);
}

TEST_F(CModel, SaysItsMeanImage) {
  Model centred = small_model();
  MeanImage mean{.size = 28, .channels = 1, .values = std::vector<float>(28 * 28, 0.25F)};
  mean.values.back() = 0.75F;
  centred.normalization.mean_image = std::make_shared<MeanImage>(mean);
  save_model(path_, centred);
  const ModelHandle model = load(path_);
  alexnet_preprocess input{};
  input.struct_size = sizeof(input);
  ASSERT_OK(alexnet_model_preprocess(model.get(), &input));
  ASSERT_NE(input.mean_image, nullptr);
  EXPECT_EQ(input.mean_image_height, 28);
  EXPECT_EQ(input.mean_image_width, 28);
  EXPECT_EQ(input.mean_image[28 * 28 - 1], 0.75F);
}

TEST_F(CModel, SaysAllOfThisAsJson) {
  const ModelHandle model = load(path_);
  const char* text = nullptr;
  ASSERT_OK(alexnet_model_json(model.get(), &text));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["model"], "small");
  EXPECT_EQ(json["input"], (nlohmann::json{1, 28, 28}));
  EXPECT_EQ(json["classes"], 10);
  EXPECT_EQ(json["class_names"], model_.classes);
  EXPECT_EQ(json["parameters"], model_.architecture.parameter_count());
  EXPECT_EQ(json["multiply_adds"], model_.architecture.multiply_adds());
  EXPECT_EQ(json["layers"].size(), 5U);
  EXPECT_EQ(json["layers"][0]["layer"], "Conv");
  EXPECT_EQ(json["tensors"][0],
            (nlohmann::json{{"name", "features.0.weight"}, {"shape", {4, 1, 5, 5}}}));
  EXPECT_EQ(json["preprocess"]["crop"], 28);
  EXPECT_EQ(json["normalization"]["mean"][0], 0.5);
  EXPECT_EQ(json["provenance"]["data"], "patterns");
}

TEST_F(CModel, FromMemoryIsTheSame) {
  std::string bytes = read_text_file(path_);
  alexnet_model* handle = nullptr;
  ASSERT_OK(alexnet_model_load_memory(bytes.data(), bytes.size(), "blob", nullptr, &handle));
  const ModelHandle model(handle);
  bytes.assign(bytes.size(), '\0');  // they were copied
  EXPECT_THAT(tensor(model, "features.0.weight"),
              ElementsAreArray(model_.parameters.at("features.0.weight").values()));
}

TEST(CInterface, LoadOptionsSettleWhatAFileLeavesOpen) {
  const std::filesystem::path fixtures = tests_folder() / "formats/caffe/fixtures";
  const std::string prototxt = fixtures / "AlexNet.prototxt";
  const std::string mean_image = fixtures / "mean.binaryproto";
  const std::filesystem::path path = fixtures / "AlexNet.caffemodel";
  const std::vector<const char*> names{"ant", "bee", "cat", "dog", "elk"};
  auto options = load_options();
  options.prototxt = prototxt.c_str();
  options.mean_image = mean_image.c_str();
  options.classes = names.data();
  options.class_count = names.size();
  options.preprocess = "caffe";
  options.image_height = 227;
  options.image_width = 227;
  alexnet_model* handle = nullptr;
  ASSERT_OK(alexnet_model_load(path.c_str(), &options, &handle));
  const ModelHandle model(handle);
  const char* text = nullptr;
  ASSERT_OK(alexnet_model_json(model.get(), &text));
  const auto json = nlohmann::json::parse(text);
  const Model expected = load_model(path, {.image_size = 227,
                                           .classes = {"ant", "bee", "cat", "dog", "elk"},
                                           .preprocess = "caffe",
                                           .prototxt = prototxt,
                                           .mean_image = mean_image});
  EXPECT_EQ(json["class_names"], expected.classes);
  EXPECT_EQ(json["normalization"]["mean"].get<std::vector<float>>(), expected.normalization.mean);
  EXPECT_EQ(json["provenance"], expected.provenance);
  EXPECT_EQ(json["provenance"]["mean"], "mean.binaryproto");
}

TEST_F(CModel, IsLoadedFromARunFolder) {
  std::filesystem::rename(path_, folder_ / "best.safetensors");
  EXPECT_NE(load(folder_.path()), nullptr);
}

TEST_F(CModel, ANewOneHasTheLibrarysWeights) {
  auto options = network_options();
  options.channels = 1;
  options.classes = 2;
  options.image_height = 70;
  options.image_width = 63;
  options.initializer = ALEXNET_INIT_PYTORCH;
  options.seed = 5;
  const std::vector<const char*> names{"cat", "dog"};
  options.class_names = names.data();
  alexnet_model* handle = nullptr;
  ASSERT_OK(alexnet_model_create("alexnet", &options, &handle));
  const ModelHandle model(handle);
  const Architecture net = make_alexnet({.in_channels = 1, .classes = 2, .image_size = {70, 63}});
  const Parameters expected = initialize(net, Initializer::pytorch, 5);
  for (const char* name : {"features.0.weight", "classifier.6.weight", "classifier.6.bias"}) {
    EXPECT_THAT(tensor(model, name), ElementsAreArray(expected.at(name).values())) << name;
  }
  const char* text = nullptr;
  ASSERT_OK(alexnet_model_class_name(model.get(), 1, &text));
  EXPECT_STREQ(text, "dog");
  ASSERT_OK(alexnet_model_json(model.get(), &text));
  EXPECT_EQ(nlohmann::json::parse(text)["preprocess"]["crop"], (nlohmann::json{70, 63}));
}

TEST_F(CModel, WithOtherTensorsIsAnotherOne) {
  const ModelHandle model = load(path_);
  Tensor bias({10});
  bias[3] = 2.5F;
  const char* name = "classifier.0.bias";
  const alexnet_tensor given = view_of(bias);
  alexnet_model* handle = nullptr;
  ASSERT_OK(alexnet_model_with_tensors(model.get(), &name, &given, 1, &handle));
  const ModelHandle changed(handle);
  EXPECT_THAT(tensor(changed, name), ElementsAreArray(bias.values()));
  EXPECT_THAT(tensor(model, name), ElementsAreArray(model_.parameters.at(name).values()));
  EXPECT_EQ(tensor(changed, "features.0.weight"), tensor(model, "features.0.weight"));
}

TEST_F(CModel, IsSavedInTheFormatOfTheExtension) {
  const ModelHandle model = load(path_);
  for (const char* name : {"y.safetensors", "y.onnx", "y.pth"}) {
    ASSERT_OK(alexnet_model_save(model.get(), (folder_ / name).c_str()));
    save_model(folder_ / ("expected" + std::string(name)), model_);
    EXPECT_EQ(read_text_file(folder_ / name),
              read_text_file(folder_ / ("expected" + std::string(name))))
        << name;
  }
}

}  // namespace
}  // namespace alexnet::test
