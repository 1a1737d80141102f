// What every function of the C interface says to NULL.
#include <gmock/gmock.h>

#include <functional>
#include <limits>

#include "capi/refusals.h"
#include "support/small_model.h"

namespace alexnet::test {
namespace {

TEST_F(CRefusals, NullAmongOptions) {
  expect_null_is_said(
      {{"alexnet_images_init: the struct", [] { return alexnet_images_init(nullptr, 48); }},
       {"alexnet_load_options_init: the struct",
        [] { return alexnet_load_options_init(nullptr, 48); }},
       {"alexnet_network_options_init: the struct",
        [] { return alexnet_network_options_init(nullptr, 48); }},
       {"alexnet_session_options_init: the struct",
        [] { return alexnet_session_options_init(nullptr, 48); }},
       {"alexnet_trainer_options_init: the struct",
        [] { return alexnet_trainer_options_init(nullptr, 48); }}});
}

TEST_F(CRefusals, NullAmongModels) {
  alexnet_model* model = nullptr;
  const char* text = "classifier.0.bias";
  const alexnet_tensor tensor{};
  expect_null_is_said(
      {{"alexnet_model_load: path", [&] { return alexnet_model_load(nullptr, nullptr, &model); }},
       {"alexnet_model_load: model",
        [&] { return alexnet_model_load(path_.c_str(), nullptr, nullptr); }},
       {"alexnet_model_load_memory: bytes",
        [&] { return alexnet_model_load_memory(nullptr, 1, "x", nullptr, &model); }},
       {"alexnet_model_load_memory: name",
        [&] { return alexnet_model_load_memory("x", 1, nullptr, nullptr, &model); }},
       {"alexnet_model_load_memory: model",
        [&] { return alexnet_model_load_memory("x", 1, "x", nullptr, nullptr); }},
       {"alexnet_model_create: network",
        [&] { return alexnet_model_create(nullptr, nullptr, &model); }},
       {"alexnet_model_create: model",
        [&] { return alexnet_model_create("alexnet", nullptr, nullptr); }},
       {"alexnet_model_with_tensors: model",
        [&] { return alexnet_model_with_tensors(nullptr, &text, &tensor, 1, &model); }},
       {"alexnet_model_with_tensors: names",
        [&] { return alexnet_model_with_tensors(model_.get(), nullptr, &tensor, 1, &model); }},
       {"alexnet_model_with_tensors: tensors",
        [&] { return alexnet_model_with_tensors(model_.get(), &text, nullptr, 1, &model); }},
       {"alexnet_model_with_tensors: changed",
        [&] { return alexnet_model_with_tensors(model_.get(), &text, &tensor, 1, nullptr); }},
       {"alexnet_model_save: model", [&] { return alexnet_model_save(nullptr, "x.onnx"); }},
       {"alexnet_model_save: path", [&] { return alexnet_model_save(model_.get(), nullptr); }}});
}

TEST_F(CRefusals, NullAmongDescriptions) {
  const char* text = nullptr;
  std::int32_t number = 0;
  std::int64_t large = 0;
  alexnet_tensor tensor{};
  expect_null_is_said(
      {{"alexnet_model_network: model", [&] { return alexnet_model_network(nullptr, &text); }},
       {"alexnet_model_network: network",
        [&] { return alexnet_model_network(model_.get(), nullptr); }},
       {"alexnet_model_input: model",
        [&] { return alexnet_model_input(nullptr, &number, &number, &number); }},
       {"alexnet_model_input: channels",
        [&] { return alexnet_model_input(model_.get(), nullptr, &number, &number); }},
       {"alexnet_model_input: height",
        [&] { return alexnet_model_input(model_.get(), &number, nullptr, &number); }},
       {"alexnet_model_input: width",
        [&] { return alexnet_model_input(model_.get(), &number, &number, nullptr); }},
       {"alexnet_model_class_count: model",
        [&] { return alexnet_model_class_count(nullptr, &number); }},
       {"alexnet_model_class_count: count",
        [&] { return alexnet_model_class_count(model_.get(), nullptr); }},
       {"alexnet_model_class_name: model",
        [&] { return alexnet_model_class_name(nullptr, 0, &text); }},
       {"alexnet_model_class_name: name",
        [&] { return alexnet_model_class_name(model_.get(), 0, nullptr); }},
       {"alexnet_model_parameter_count: model",
        [&] { return alexnet_model_parameter_count(nullptr, &large); }},
       {"alexnet_model_parameter_count: count",
        [&] { return alexnet_model_parameter_count(model_.get(), nullptr); }},
       {"alexnet_model_tensor_count: model",
        [&] { return alexnet_model_tensor_count(nullptr, &number); }},
       {"alexnet_model_tensor_count: count",
        [&] { return alexnet_model_tensor_count(model_.get(), nullptr); }},
       {"alexnet_model_tensor_name: model",
        [&] { return alexnet_model_tensor_name(nullptr, 0, &text); }},
       {"alexnet_model_tensor_name: name",
        [&] { return alexnet_model_tensor_name(model_.get(), 0, nullptr); }},
       {"alexnet_model_tensor: model", [&] { return alexnet_model_tensor(nullptr, "x", &tensor); }},
       {"alexnet_model_tensor: name",
        [&] { return alexnet_model_tensor(model_.get(), nullptr, &tensor); }},
       {"alexnet_model_tensor: tensor",
        [&] { return alexnet_model_tensor(model_.get(), "classifier.0.bias", nullptr); }},
       {"alexnet_model_preprocess: model",
        [&] { return alexnet_model_preprocess(nullptr, nullptr); }},
       {"alexnet_model_preprocess: preprocess",
        [&] { return alexnet_model_preprocess(model_.get(), nullptr); }},
       {"alexnet_model_json: model", [&] { return alexnet_model_json(nullptr, &text); }},
       {"alexnet_model_json: json", [&] { return alexnet_model_json(model_.get(), nullptr); }}});
}

TEST_F(CRefusals, NullBehindOtherArgumentsChangesNothing) {
  std::int32_t channels = -1;
  std::int32_t height = -1;
  EXPECT_EQ(alexnet_model_input(model_.get(), &channels, &height, nullptr), ALEXNET_BAD_INPUT);
  EXPECT_EQ(channels, -1);
  EXPECT_EQ(height, -1);
}

TEST_F(CRefusals, NullAmongSessions) {
  alexnet_session* session = nullptr;
  const char* text = "x";
  const void* file = text;
  const std::size_t size = 1;
  alexnet_tensor tensor{};
  alexnet_prediction prediction{};
  std::int32_t count = 0;
  expect_null_is_said(
      {{"alexnet_session_create: model",
        [&] { return alexnet_session_create(nullptr, nullptr, &session); }},
       {"alexnet_session_create: session",
        [&] { return alexnet_session_create(model_.get(), nullptr, nullptr); }},
       {"alexnet_session_run: session", [&] { return alexnet_session_run(nullptr, &batch_); }},
       {"alexnet_session_run: images",
        [&] { return alexnet_session_run(session_.get(), nullptr); }},
       {"alexnet_session_run_pixels: session",
        [&] { return alexnet_session_run_pixels(nullptr, &batch_); }},
       {"alexnet_session_run_pixels: images",
        [&] { return alexnet_session_run_pixels(session_.get(), nullptr); }},
       {"alexnet_session_run_encoded: session",
        [&] { return alexnet_session_run_encoded(nullptr, &file, &size, 1); }},
       {"alexnet_session_run_encoded: files",
        [&] { return alexnet_session_run_encoded(session_.get(), nullptr, &size, 1); }},
       {"alexnet_session_run_encoded: sizes",
        [&] { return alexnet_session_run_encoded(session_.get(), &file, nullptr, 1); }},
       {"alexnet_session_run_files: session",
        [&] { return alexnet_session_run_files(nullptr, &text, 1); }},
       {"alexnet_session_run_files: paths",
        [&] { return alexnet_session_run_files(session_.get(), nullptr, 1); }},
       {"alexnet_session_output: session",
        [&] { return alexnet_session_output(nullptr, 0, &tensor); }},
       {"alexnet_session_output: tensor",
        [&] { return alexnet_session_output(session_.get(), 0, nullptr); }},
       {"alexnet_session_predictions: session",
        [&] { return alexnet_session_predictions(nullptr, 0, 1, &prediction, &count); }},
       {"alexnet_session_predictions: predictions",
        [&] { return alexnet_session_predictions(session_.get(), 0, 1, nullptr, &count); }},
       {"alexnet_session_predictions: count",
        [&] { return alexnet_session_predictions(session_.get(), 0, 1, &prediction, nullptr); }}});
}

TEST_F(CRefusals, NullAmongTrainers) {
  alexnet_trainer* trainer = nullptr;
  alexnet_model* model = nullptr;
  const std::int32_t label = 0;
  alexnet_tensor tensor{};
  expect_null_is_said(
      {{"alexnet_trainer_create: model",
        [&] { return alexnet_trainer_create(nullptr, nullptr, &trainer); }},
       {"alexnet_trainer_create: trainer",
        [&] { return alexnet_trainer_create(model_.get(), nullptr, nullptr); }},
       {"alexnet_trainer_compute_gradients: trainer",
        [&] {
          return alexnet_trainer_compute_gradients(nullptr, &batch_, &label, 0, nullptr, nullptr);
        }},
       {"alexnet_trainer_compute_gradients: images",
        [&] {
          return alexnet_trainer_compute_gradients(trainer_.get(), nullptr, &label, 0, nullptr,
                                                   nullptr);
        }},
       {"alexnet_trainer_compute_gradients: labels",
        [&] {
          return alexnet_trainer_compute_gradients(trainer_.get(), &batch_, nullptr, 0, nullptr,
                                                   nullptr);
        }},
       {"alexnet_trainer_update: trainer", [&] { return alexnet_trainer_update(nullptr, 0.1F); }},
       {"alexnet_trainer_tensor: trainer",
        [&] { return alexnet_trainer_tensor(nullptr, 0, "x", &tensor); }},
       {"alexnet_trainer_tensor: name",
        [&] { return alexnet_trainer_tensor(trainer_.get(), 0, nullptr, &tensor); }},
       {"alexnet_trainer_tensor: tensor",
        [&] { return alexnet_trainer_tensor(trainer_.get(), 0, "classifier.0.bias", nullptr); }},
       {"alexnet_trainer_set_tensor: trainer",
        [&] { return alexnet_trainer_set_tensor(nullptr, 0, "x", &tensor); }},
       {"alexnet_trainer_set_tensor: name",
        [&] { return alexnet_trainer_set_tensor(trainer_.get(), 0, nullptr, &tensor); }},
       {"alexnet_trainer_set_tensor: tensor",
        [&] {
          return alexnet_trainer_set_tensor(trainer_.get(), 0, "classifier.0.bias", nullptr);
        }},
       {"alexnet_trainer_model: trainer", [&] { return alexnet_trainer_model(nullptr, &model); }},
       {"alexnet_trainer_model: model",
        [&] { return alexnet_trainer_model(trainer_.get(), nullptr); }}});
}

TEST_F(CRefusals, NullIsNothingToFree) {
  alexnet_model_free(nullptr);
  alexnet_session_free(nullptr);
  alexnet_trainer_free(nullptr);
}

}  // namespace
}  // namespace alexnet::test
