// What functions of the C interface say to arguments that do not fit.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>

#include "capi/refusals.h"
#include "core/file.h"
#include "support/small_model.h"

namespace alexnet::test {
namespace {

TEST_F(CRefusals, FilesThatAreNoModels) {
  alexnet_model* model = none();
  EXPECT_REFUSED(alexnet_model_load("no such file", nullptr, &model), ALEXNET_NOT_FOUND,
                 "there is no no such file");
  EXPECT_EQ(model, nullptr);
  const std::string too_long(300, 'x');
  EXPECT_REFUSED(alexnet_model_load(too_long.c_str(), nullptr, &model), ALEXNET_IO,
                 "cannot read or change " + too_long + ": File name too long");
  const std::string whole = read_text_file(path_);
  write_text_file(path_, whole.substr(0, whole.size() / 2));
  EXPECT_REFUSED(load_with(load_options()), ALEXNET_BAD_INPUT, "x.safetensors: ");
  write_text_file(path_, "hello");
  EXPECT_REFUSED(load_with(load_options()), ALEXNET_BAD_INPUT, "x.safetensors: ");
  model = none();
  EXPECT_REFUSED(alexnet_model_load_memory("hello", 5, "blob", nullptr, &model),
                 ALEXNET_UNSUPPORTED, "blob: not a weights file");
  EXPECT_EQ(model, nullptr);
  EXPECT_REFUSED(alexnet_model_load_memory("hello", 0, "blob", nullptr, &model),
                 ALEXNET_UNSUPPORTED, "blob: an empty file");
}

TEST_F(CRefusals, LoadOptionsThatDoNotFit) {
  const char* names[] = {"cat", nullptr};
  auto options = load_options();
  options.network = "alexnet";
  EXPECT_REFUSED(load_with(options), ALEXNET_BAD_INPUT, "holds small, not alexnet");
  options = load_options();
  options.preprocess = "unit";
  EXPECT_REFUSED(load_with(options), ALEXNET_BAD_INPUT, "brings its own normalization");
  options = load_options();
  options.state = "ema";
  EXPECT_REFUSED(load_with(options), ALEXNET_BAD_INPUT, "no state dicts to choose from");
  options = load_options();
  options.output = "logits";
  EXPECT_REFUSED(load_with(options), ALEXNET_BAD_INPUT, "only ONNX files have outputs");
  options = load_options();
  options.class_count = 1;
  EXPECT_REFUSED(load_with(options), ALEXNET_BAD_INPUT, "classes is NULL");
  options.classes = names;
  EXPECT_REFUSED(load_with(options), ALEXNET_BAD_INPUT, "x.safetensors: ");
  options.class_count = 2;
  EXPECT_REFUSED(load_with(options), ALEXNET_BAD_INPUT, "classes[1] is NULL");
}

TEST_F(CRefusals, NetworksThatCannotBe) {
  auto options = network_options();
  EXPECT_REFUSED(create("alexnte", options), ALEXNET_NOT_FOUND, "alexnte");
  options.classes = 0;
  EXPECT_REFUSED(create("alexnet", options), ALEXNET_BAD_INPUT, "at least 1 class");
  options = network_options();
  options.image_height = 10;
  options.image_width = 10;
  EXPECT_REFUSED(create("alexnet", options), ALEXNET_BAD_INPUT, "at least 63 x 63");
  options = network_options();
  options.initializer = 3;
  EXPECT_REFUSED(create("alexnet", options), ALEXNET_BAD_INPUT,
                 "there is no initializer 3; choose one of 0 (he), 1 (pytorch), 2 "
                 "(krizhevsky2012)");
}

TEST_F(CRefusals, TensorsThatDoNotFit) {
  Tensor values({10});
  const char* bias = "classifier.0.bias";
  alexnet_tensor given = view_of(values);
  EXPECT_REFUSED(replace("classifier.9.bias", given), ALEXNET_NOT_FOUND, "classifier.9.bias");
  EXPECT_REFUSED(replace("classifier.0.weight", given), ALEXNET_BAD_INPUT,
                 "'classifier.0.weight' has shape (10, 144) and gets values of shape (10,)");
  given.rank = 5;
  EXPECT_REFUSED(replace(bias, given), ALEXNET_BAD_INPUT, "gets values of shape ()");
  given = view_of(values);
  given.values = nullptr;
  EXPECT_REFUSED(replace(bias, given), ALEXNET_BAD_INPUT, "is NULL");
  values[3] = std::numeric_limits<float>::quiet_NaN();
  given = view_of(values);
  EXPECT_REFUSED(replace(bias, given), ALEXNET_BAD_INPUT, "gets nan at element 3");
  EXPECT_REFUSED(alexnet_trainer_set_tensor(trainer_.get(), ALEXNET_PARAMETERS, bias, &given),
                 ALEXNET_BAD_INPUT, "gets nan at element 3");
  values[3] = 0;
  EXPECT_REFUSED(alexnet_trainer_set_tensor(trainer_.get(), 3, bias, &given), ALEXNET_BAD_INPUT,
                 "there is no set 3");
  EXPECT_REFUSED(alexnet_trainer_set_tensor(trainer_.get(), 0, "x", &given), ALEXNET_NOT_FOUND,
                 "'x'");
}

TEST_F(CRefusals, PlacesToSaveThatCannotBe) {
  const auto save = [&](const std::filesystem::path& path) {
    return alexnet_model_save(model_.get(), path.c_str());
  };
  EXPECT_REFUSED(save(folder_ / "x.txt"), ALEXNET_UNSUPPORTED, "the extension says no format");
  EXPECT_REFUSED(save(folder_ / "x.caffemodel"), ALEXNET_UNSUPPORTED, "not written");
  EXPECT_REFUSED(save(folder_ / "none/x.onnx"), ALEXNET_NOT_FOUND, "none/x.onnx");
}

TEST_F(CRefusals, IndicesBeyondTheEnd) {
  const char* name = nullptr;
  alexnet_tensor tensor{};
  for (const std::int32_t index : {-1, 10}) {
    EXPECT_REFUSED(alexnet_model_class_name(model_.get(), index, &name), ALEXNET_NOT_FOUND,
                   "they are 0 to 9");
  }
  EXPECT_REFUSED(alexnet_model_tensor_name(model_.get(), 4, &name), ALEXNET_NOT_FOUND,
                 "there is no tensor 4; they are 0 to 3");
  EXPECT_REFUSED(alexnet_model_tensor(model_.get(), "x", &tensor), ALEXNET_NOT_FOUND, "'x'");
  EXPECT_REFUSED(alexnet_trainer_tensor(trainer_.get(), 0, "x", &tensor), ALEXNET_NOT_FOUND, "'x'");
  EXPECT_REFUSED(alexnet_trainer_tensor(trainer_.get(), -1, "x", &tensor), ALEXNET_BAD_INPUT,
                 "there is no set -1 of tensors; they are 0 to 2");
}

TEST_F(CRefusals, SessionOptionsThatAreNotPossible) {
  auto options = session_options();
  options.engine = "gpu";
  EXPECT_REFUSED(open(options), ALEXNET_NOT_FOUND, "there is no engine 'gpu'");
  options = session_options();
  options.max_batch = 0;
  EXPECT_REFUSED(open(options), ALEXNET_BAD_INPUT, "a batch of 0");
  options = session_options();
  options.threads = -1;
  EXPECT_REFUSED(open(options), ALEXNET_BAD_INPUT, "-1 threads");
  options = session_options();
  options.precision = 77;
  EXPECT_REFUSED(open(options), ALEXNET_BAD_INPUT, "there is no precision 77");
  options = session_options();
  options.reserved = 1;
  EXPECT_REFUSED(open(options), ALEXNET_BAD_INPUT, "reserved");
  options = session_options();
  options.layer = "fc9";
  EXPECT_REFUSED(open(options), ALEXNET_NOT_FOUND, "fc9");
  options.layer = "conv1";
  options.precision = ALEXNET_FP16;
  EXPECT_REFUSED(open(options), ALEXNET_BAD_INPUT, "fp32 only");
  options = session_options();
  options.engine = "reference";
  options.precision = ALEXNET_INT8;
  EXPECT_REFUSED(open(options), ALEXNET_UNSUPPORTED, "int8");
}

TEST_F(CRefusals, BatchesThatDoNotFit) {
  alexnet_images images = batch_;
  images.count = 2;
  EXPECT_REFUSED(run(images), ALEXNET_BAD_INPUT, "a batch of 2 images");
  images.count = 0;
  EXPECT_REFUSED(run(images), ALEXNET_BAD_INPUT, "a batch of 0 images");
  images.count = -1;
  EXPECT_REFUSED(run(images), ALEXNET_BAD_INPUT, "-1");
  images = batch_;
  images.height = 27;
  EXPECT_REFUSED(run(images), ALEXNET_BAD_INPUT, "27x28");
  images = batch_;
  images.floats = nullptr;
  EXPECT_REFUSED(run(images), ALEXNET_BAD_INPUT, "none of floats and bytes are set");
  images = batch_;
  images.bytes = reinterpret_cast<const std::uint8_t*>(images.floats);
  EXPECT_REFUSED(run(images), ALEXNET_BAD_INPUT, "both of floats and bytes are set");
  images = batch_;
  images.struct_size = 0;
  EXPECT_REFUSED(run(images), ALEXNET_BAD_INPUT, "alexnet_images_init");
}

TEST_F(CRefusals, PixelsThatAreNoImages) {
  const std::vector<std::uint8_t> bytes(30 * 30 * 2);
  alexnet_images images = batch_;
  const auto run_pixels = [&] { return alexnet_session_run_pixels(session_.get(), &images); };
  EXPECT_REFUSED(run_pixels(), ALEXNET_BAD_INPUT, "images have no bytes");
  images.floats = nullptr;
  images.bytes = bytes.data();
  images.channels = 2;
  EXPECT_REFUSED(run_pixels(), ALEXNET_BAD_INPUT, "1 (grey) or 3 (RGB) channels, not 2");
  images.channels = 1;
  images.count = 0;
  EXPECT_REFUSED(run_pixels(), ALEXNET_BAD_INPUT, "0 images do not fit this session");
  images.count = 1;
  images.height = 0;
  EXPECT_REFUSED(run_pixels(), ALEXNET_BAD_INPUT, "28 x 0 pixels");
}

TEST_F(CRefusals, EncodedImagesThatCannotBeDecoded) {
  const std::vector<const void*> files{"hello", nullptr};
  const std::vector<std::size_t> sizes{5, 5};
  const auto run_encoded = [&](std::int32_t first, std::int32_t count) {
    return alexnet_session_run_encoded(session_.get(), files.data() + first, sizes.data(), count);
  };
  EXPECT_REFUSED(run_encoded(0, 1), ALEXNET_BAD_INPUT, "image 0 ");
  EXPECT_REFUSED(run_encoded(1, 1), ALEXNET_BAD_INPUT, "files[0] is NULL");
  EXPECT_REFUSED(run_encoded(0, 2), ALEXNET_BAD_INPUT, "2 images do not fit this session");
  const char* none = nullptr;
  EXPECT_REFUSED(alexnet_session_run_files(session_.get(), &none, 1), ALEXNET_BAD_INPUT,
                 "paths[0] is NULL");
  EXPECT_REFUSED(alexnet_session_run_files(session_.get(), &none, 0), ALEXNET_BAD_INPUT,
                 "0 images do not fit this session, which takes 1 to 1");
  const std::string path = path_;
  const char* text = path.c_str();
  EXPECT_REFUSED(alexnet_session_run_files(session_.get(), &text, 1), ALEXNET_BAD_INPUT,
                 "x.safetensors ");
}

TEST_F(CRefusals, OutputsThatAreNotThere) {
  alexnet_tensor tensor{};
  alexnet_prediction prediction{};
  std::int32_t count = 5;
  const auto predict = [&](std::int32_t image, std::int32_t top) {
    return alexnet_session_predictions(session_.get(), image, top, &prediction, &count);
  };
  EXPECT_REFUSED(predict(0, 1), ALEXNET_BAD_INPUT, "nothing was run yet");
  EXPECT_EQ(count, 5);
  ASSERT_OK(run(batch_));
  EXPECT_REFUSED(alexnet_session_output(session_.get(), 4, &tensor), ALEXNET_BAD_INPUT,
                 "there is no output 4; they are 0 to 3");
  EXPECT_REFUSED(alexnet_session_output(session_.get(), ALEXNET_ACTIVATIONS, &tensor),
                 ALEXNET_NOT_FOUND, "keeps no layer's activations");
  EXPECT_REFUSED(predict(1, 1), ALEXNET_BAD_INPUT, "there is no image 1");
  EXPECT_REFUSED(predict(-1, 1), ALEXNET_BAD_INPUT, "there is no image -1");
  EXPECT_REFUSED(predict(0, 0), ALEXNET_BAD_INPUT, "ask for 1 or more");
  const std::vector<float> infinite(28 * 28, std::numeric_limits<float>::infinity());
  alexnet_images images = batch_;
  images.floats = infinite.data();
  ASSERT_OK(run(images));
  EXPECT_REFUSED(predict(0, 1), ALEXNET_BAD_INPUT, "not finite");
}

TEST_F(CRefusals, TrainerOptionsThatAreNotPossible) {
  auto options = trainer_options();
  options.precision = ALEXNET_FP16;
  EXPECT_REFUSED(train(options), ALEXNET_BAD_INPUT,
                 "there is no precision of training 1; choose one of 0 (fp32), 3 (bf16)");
  options = trainer_options();
  options.convention = 2;
  EXPECT_REFUSED(train(options), ALEXNET_BAD_INPUT,
                 "there is no SGD convention 2; choose one of 0 (pytorch), 1 (krizhevsky2012)");
  options = trainer_options();
  options.momentum = -1;
  EXPECT_REFUSED(train(options), ALEXNET_BAD_INPUT, "not -1");
  options = trainer_options();
  options.weight_decay = std::numeric_limits<float>::quiet_NaN();
  EXPECT_REFUSED(train(options), ALEXNET_BAD_INPUT, "not nan");
  options = trainer_options();
  options.label_smoothing = 1;
  EXPECT_REFUSED(train(options), ALEXNET_BAD_INPUT, "label smoothing");
  options = trainer_options();
  options.layer_rate_count = 1;
  EXPECT_REFUSED(train(options), ALEXNET_BAD_INPUT, "layer_rates is NULL");
  const alexnet_layer_rate rate{};
  options.layer_rates = &rate;
  EXPECT_REFUSED(train(options), ALEXNET_BAD_INPUT, "the prefix of a layer rate is NULL");
  options = trainer_options();
  options.engine = "gpu";
  EXPECT_REFUSED(train(options), ALEXNET_NOT_FOUND, "gpu");
}

TEST_F(CRefusals, StepsThatAreNotPossible) {
  EXPECT_REFUSED(step(batch_, 10), ALEXNET_BAD_INPUT, "label 10");
  EXPECT_REFUSED(step(batch_, -1), ALEXNET_BAD_INPUT, "label -1");
  alexnet_images images = batch_;
  images.width = 27;
  EXPECT_REFUSED(step(images, 0), ALEXNET_BAD_INPUT, "28x27");
  images = batch_;
  images.count = 0;
  EXPECT_REFUSED(step(images, 0), ALEXNET_BAD_INPUT, "a batch of 0");
  EXPECT_REFUSED(alexnet_trainer_update(trainer_.get(), NAN), ALEXNET_BAD_INPUT,
                 "a learning rate of nan");
}

TEST_F(CRefusals, ADivergedNetwork) {
  ASSERT_OK(step(batch_, 3));
  for (int i = 0; i < 3; ++i) ASSERT_OK(alexnet_trainer_update(trainer_.get(), 3e38F));
  alexnet_model* model = none();
  EXPECT_REFUSED(alexnet_trainer_model(trainer_.get(), &model), ALEXNET_BAD_INPUT,
                 "the trained network: ");
  EXPECT_EQ(model, nullptr);
}

TEST_F(CRefusals, TheSentenceStaysUntilAnotherCallFails) {
  alexnet_model* model = nullptr;
  EXPECT_EQ(alexnet_model_load("no such file", nullptr, &model), ALEXNET_NOT_FOUND);
  const std::string sentence = alexnet_last_error();
  ASSERT_OK(run(batch_));
  EXPECT_EQ(alexnet_last_error(), sentence);
  EXPECT_EQ(alexnet_model_load("nor this", nullptr, &model), ALEXNET_NOT_FOUND);
  EXPECT_NE(alexnet_last_error(), sentence);
}

}  // namespace
}  // namespace alexnet::test
