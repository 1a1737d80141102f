#include "train/checkpoint.h"

#include <alexnet/random.h>
#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "core/file.h"
#include "formats/common/model_metadata.h"
#include "support/expect_error.h"
#include "support/file_limit.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::Contains;
using ::testing::Pointwise;

constexpr int kSide = 5;
constexpr float kMean = 0.5F;
constexpr float kDeviation = 0.25F;

Model small_model() {
  return {.architecture = {.name = "small",
                           .in_channels = 1,
                           .height = kSide,
                           .width = kSide,
                           .layers = {Conv{.out_channels = 4, .kernel = 3}, Relu{}, Flatten{},
                                      Linear{3}, LogSoftmax{}}},
          .classes = {"a", "b", "c"},
          .preprocess = {.resize = kSide, .crop = kSide, .channels = 1},
          .normalization = {.mean = {kMean}, .deviation = {kDeviation}}};
}

std::unique_ptr<TrainingPlan> trained_plan(const Model& model) {
  auto plan =
      compile_training(model.architecture, initialize(model.architecture, Initializer::he, 1),
                       {{.engine = "reference"}});
  const Tensor images = random_normal({1, 1, kSide, kSide}, 2);
  const std::vector<std::int32_t> labels{1};
  plan->compute_gradients(Images(images), labels, 0);
  plan->update(0.1F);
  return plan;
}

TrainState some_state() {
  return {.step = 1234567890123,
          .epoch = 2,
          .batch = 17,
          .epoch_mean = {.loss_sum = 1.0 / 3.0, .correct = 5, .images = 9},
          .log_mean = {.loss_sum = 2.0 / 3.0, .correct = 1, .images = 3},
          .best_top1 = 0.1 + 0.2,
          .best_loss = 0.7,
          .plateau = {.best = 1e300, .epochs_without_gain = 2, .factor = 0.01},
          .metrics_bytes = 987,
          .finished = true};
}

DataRecord some_data() {
  return {.training = {.classes = {"a", "b", "c"}, .images = {1, 2, 3}, .hash = "abc"},
          .validation = Fingerprint{.classes = {"a"}, .images = {4}, .hash = "def"}};
}

void expect_same(const Parameters& a, const Parameters& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const NamedTensor& entry : a) {
    EXPECT_THAT(entry.tensor.values(), Pointwise(testing::Eq(), b.at(entry.name).values()))
        << entry.name;
  }
}

// A checkpoint on disk and what it was made from.
class Checkpoints : public testing::Test {
 protected:
  Checkpoints() { save_checkpoint(path_, model_, *plan_, some_state(), some_data()); }

  test::TempFolder folder_;
  Model model_ = small_model();
  std::unique_ptr<TrainingPlan> plan_ = trained_plan(model_);
  std::filesystem::path path_ = folder_ / kLastFile;
};

TEST_F(Checkpoints, BringsEverythingBack) {
  const Checkpoint read = load_checkpoint(path_, model_.architecture);
  expect_same(read.parameters, plan_->parameters());
  expect_same(read.momentum, plan_->momentum());
  const TrainState expected = some_state();
  EXPECT_EQ(read.state.step, expected.step);
  EXPECT_EQ(read.state.epoch, expected.epoch);
  EXPECT_EQ(read.state.batch, expected.batch);
  EXPECT_EQ(read.state.epoch_mean.loss_sum, expected.epoch_mean.loss_sum);
  EXPECT_EQ(read.state.log_mean.correct, expected.log_mean.correct);
  EXPECT_EQ(read.state.best_top1, expected.best_top1);
  EXPECT_EQ(read.state.best_loss, expected.best_loss);
  EXPECT_EQ(read.state.plateau.best, expected.plateau.best);
  EXPECT_EQ(read.state.plateau.factor, expected.plateau.factor);
  EXPECT_EQ(read.state.metrics_bytes, expected.metrics_bytes);
  EXPECT_TRUE(load_train_state(path_).finished);
  EXPECT_EQ(load_classes(path_), model_.classes);
  const auto data = load_data_record(path_);
  ASSERT_TRUE(data.has_value());
  EXPECT_EQ(to_text(*data), to_text(some_data()));
}

TEST_F(Checkpoints, IsAModelToo) {
  const Model model = load_model(path_);
  EXPECT_EQ(model.architecture, model_.architecture);
  expect_same(model.parameters, plan_->parameters());
}

TEST_F(Checkpoints, RefusesATruncatedFile) {
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 10);
  EXPECT_ERROR(load_checkpoint(path_, model_.architecture), path_.string());
  std::filesystem::resize_file(path_, 5);
  EXPECT_ERROR(load_checkpoint(path_, model_.architecture), path_.string());
  std::filesystem::remove(path_);
  EXPECT_ERROR(load_checkpoint(path_, model_.architecture), path_.string());
}

TEST_F(Checkpoints, ReadsThoseOfEarlierVersions) {
  Safetensors file = read_safetensors(path_);
  std::string& state = file.metadata.at("training");
  for (const std::string since : {"\"plateau_divisions\":0,", "\"best_loss\":0.7,"}) {
    ASSERT_NE(state.find(since), std::string::npos);
    state.erase(state.find(since), since.size());
  }
  ASSERT_EQ(file.metadata.erase("trained_on"), 1U);
  std::vector<NamedView> tensors;
  for (const auto& [name, tensor] : file.tensors) {
    tensors.push_back({name, {tensor.shape(), tensor.values()}});
  }
  const auto old = folder_ / "old.safetensors";
  write_safetensors(old, tensors, file.metadata);
  const TrainState read = load_checkpoint(old, model_.architecture).state;
  EXPECT_EQ(read.plateau.divisions, 0);
  EXPECT_EQ(read.best_loss, 0.0);
  EXPECT_FALSE(load_data_record(old).has_value());
}

TEST_F(Checkpoints, ThePendingOneIsTakenUp) {
  take_up_pending(folder_.path());
  EXPECT_TRUE(load_train_state(path_).finished);
  save_checkpoint(folder_ / kPendingFile, model_, *plan_, {.step = 5}, some_data());
  take_up_pending(folder_.path());
  EXPECT_EQ(load_train_state(path_).step, 5);
  EXPECT_FALSE(std::filesystem::exists(folder_ / kPendingFile));
}

TEST_F(Checkpoints, RefusesWeightsWithoutTrainingState) {
  const auto weights = folder_ / kBestFile;
  save_weights(weights, model_, plan_->parameters());
  EXPECT_ERROR(load_checkpoint(weights, model_.architecture), "no training state");
  EXPECT_ERROR(load_train_state(weights), "no training state");
}

TEST_F(Checkpoints, RefusesDamagedState) {
  Safetensors file = read_safetensors(path_);
  file.metadata["training"] = R"({"step": 3})";
  std::vector<NamedView> tensors;
  for (const NamedTensor& entry : file.tensors) {
    tensors.push_back({entry.name, {entry.tensor.shape(), entry.tensor.values()}});
  }
  write_safetensors(path_, tensors, file.metadata);
  EXPECT_ERROR(load_checkpoint(path_, model_.architecture), path_.string(), "training");
}

TEST_F(Checkpoints, RefusesAnotherNetwork) {
  Architecture other = model_.architecture;
  other.layers[0] = Conv{.out_channels = 8, .kernel = 3};
  EXPECT_ERROR(load_checkpoint(path_, other), "not the one to be trained");
}

TEST_F(Checkpoints, RefusesMissingMomentum) {
  Safetensors file = read_safetensors(path_);
  std::vector<NamedView> tensors;
  for (const NamedTensor& entry : file.tensors) {
    if (entry.name == "momentum.features.0.bias") continue;
    tensors.push_back({entry.name, {entry.tensor.shape(), entry.tensor.values()}});
  }
  write_safetensors(path_, tensors, file.metadata);
  EXPECT_ERROR(load_checkpoint(path_, model_.architecture), "momentum", "features.0.bias");
}

TEST_F(Checkpoints, AFullDiskLeavesTheEarlierOne) {
  const std::string before = read_text_file(path_);
  {
    const test::FileSizeLimit full(100);
    EXPECT_ERROR(save_checkpoint(path_, model_, *plan_, {}, some_data()), path_.string());
  }
  EXPECT_EQ(read_text_file(path_), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST(RunningMean, WeighsBatchesByTheirImages) {
  RunningMean mean;
  EXPECT_EQ(mean.loss(), 0.0);
  mean.add({.loss = 1.0, .correct = 1}, 1);
  mean.add({.loss = 2.0, .correct = 0}, 3);
  EXPECT_DOUBLE_EQ(mean.loss(), 7.0 / 4.0);
  EXPECT_DOUBLE_EQ(mean.accuracy(), 0.25);
}

}  // namespace
}  // namespace alexnet
