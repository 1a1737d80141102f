#pragma once

#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "capi/c_handles.h"
#include "support/small_model.h"
#include "support/temp_folder.h"

namespace alexnet::test {

/// A model with a session and a trainer, and calls that must fail.
class CRefusals : public ::testing::Test {
 protected:
  CRefusals() {
    save_model(path_, small_model());
    model_ = load(path_);
    session_ = open_session(model_);
    trainer_ = open_trainer(model_);
    batch_.floats = image_.data();
    batch_.count = 1;
    batch_.channels = 1;
    batch_.height = 28;
    batch_.width = 28;
  }

  alexnet_status load_with(const alexnet_load_options& options) {
    alexnet_model* model = none();
    const auto status = alexnet_model_load(path_.c_str(), &options, &model);
    EXPECT_EQ(model, nullptr);
    return status;
  }
  static alexnet_status create(const char* network, const alexnet_network_options& options) {
    alexnet_model* model = none();
    const auto status = alexnet_model_create(network, &options, &model);
    EXPECT_EQ(model, nullptr);
    return status;
  }
  alexnet_status open(const alexnet_session_options& options) {
    auto* session = reinterpret_cast<alexnet_session*>(1);
    const auto status = alexnet_session_create(model_.get(), &options, &session);
    EXPECT_EQ(session, nullptr);
    return status;
  }
  alexnet_status train(const alexnet_trainer_options& options) {
    auto* trainer = reinterpret_cast<alexnet_trainer*>(1);
    const auto status = alexnet_trainer_create(model_.get(), &options, &trainer);
    EXPECT_EQ(trainer, nullptr);
    return status;
  }
  alexnet_status replace(const char* name, const alexnet_tensor& tensor) {
    alexnet_model* model = none();
    const auto status = alexnet_model_with_tensors(model_.get(), &name, &tensor, 1, &model);
    EXPECT_EQ(model, nullptr);
    return status;
  }
  alexnet_status run(const alexnet_images& images) {
    return alexnet_session_run(session_.get(), &images);
  }
  alexnet_status step(const alexnet_images& images, std::int32_t label) {
    return alexnet_trainer_compute_gradients(trainer_.get(), &images, &label, 0, nullptr, nullptr);
  }
  /// The argument, and a call in which it is NULL.
  using NullCase = std::pair<std::string, std::function<alexnet_status()>>;
  static void expect_null_is_said(const std::vector<NullCase>& cases) {
    for (const auto& [argument, call] : cases) {
      EXPECT_REFUSED(call(), ALEXNET_BAD_INPUT, argument + " is NULL");
    }
  }
  // What a failing call must replace.
  static alexnet_model* none() { return reinterpret_cast<alexnet_model*>(1); }

  TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.safetensors";
  ModelHandle model_;
  SessionHandle session_;
  TrainerHandle trainer_;
  const Tensor image_ = random_normal({1, 1, 28, 28}, 1);
  alexnet_images batch_ = no_images();
};

}  // namespace alexnet::test
