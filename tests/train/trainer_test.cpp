#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/trainer.h>
#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "data/expect_error.h"
#include "data/temp_data.h"
#include "train/run.h"
#include "train/train_config.h"

namespace alexnet {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr int kTrainImages = 50;  // of which 10 are held out: 5 batches of 8 an epoch
constexpr int kBatches = 5;

// Small enough that a run takes no time, with dropout as the AlexNets have it.
Beginning small_network(const TrainConfig& config, const std::vector<std::string>& classes) {
  Architecture net{.name = "small",
                   .in_channels = config.preprocess->channels,
                   .height = config.image_size,
                   .width = config.image_size,
                   .layers = {Conv{.out_channels = 8, .kernel = 5, .stride = 4}, Relu{}, MaxPool{},
                              Flatten{}, Dropout{0.25F}, Linear{32}, Relu{},
                              Linear{static_cast<int>(classes.size())}, LogSoftmax{}}};
  net.validate();
  Parameters parameters = initialize(net, config.initializer, config.seed);
  return {.architecture = std::move(net), .parameters = std::move(parameters)};
}

// Remembers what it hears and can stop the run after a step.
class Recorder : public TrainObserver {
 public:
  void message(const std::string& text) override { messages.push_back(text); }
  void measuring(std::int64_t done, std::int64_t total) override {
    measured.emplace_back(done, total);
    if (stop_measuring) stop = true;
  }
  void progress(const TrainProgress& p) override {
    steps.push_back(p);
    if (p.step == stop_at) stop = true;
  }
  void epoch_end(const EpochSummary& summary) override { epochs.push_back(summary); }

  std::vector<std::string> messages;
  std::vector<TrainProgress> steps;
  std::vector<EpochSummary> epochs;
  std::vector<std::pair<std::int64_t, std::int64_t>> measured;
  std::int64_t stop_at = -1;
  bool stop_measuring = false;
  std::atomic<bool> stop{false};
};

std::vector<json> read_metrics(const fs::path& run) {
  std::vector<json> lines;
  std::ifstream file(run / "metrics.jsonl");
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
  return lines;
}

// The lines without what depends on the clock.
std::vector<json> timeless_metrics(const fs::path& run) {
  std::vector<json> lines = read_metrics(run);
  for (json& line : lines) {
    for (const char* key : {"seconds", "images_per_second", "wait_seconds"}) line.erase(key);
  }
  return lines;
}

void expect_same_weights(const fs::path& a, const fs::path& b) {
  const Model first = load_model(a);
  const Model second = load_model(b);
  for (const NamedTensor& entry : first.parameters) {
    const Tensor& other = second.parameters.at(entry.name);
    ASSERT_EQ(entry.tensor.size(), other.size());
    EXPECT_EQ(std::memcmp(entry.tensor.data(), other.data(), entry.tensor.values().size_bytes()), 0)
        << entry.name;
  }
}

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    test::write_idx_dataset(folder_ / "data", kTrainImages, 10, 1);
    config_.data = (folder_ / "data").string();
    config_.image_size = 28;
    config_.epochs = 2;
    config_.batch_size = 8;
    config_.validation_share = 0.2;
    config_.schedule.base_rate = 0.02;
    config_.log_every = 2;
    config_.threads = 2;
  }

  TrainResult run(const fs::path& into, Recorder& recorder, bool resume = false) const {
    return train_from(small_network, config_, into, resume, recorder, recorder.stop);
  }

  test::TempFolder folder_;
  TrainConfig config_;
  fs::path run_ = folder_ / "run";
};

TEST_F(TrainerTest, FillsTheRunFolder) {
  fs::remove(folder_ / "data" / "t10k-images-idx3-ubyte");  // the test set is not for training
  Recorder recorder;
  const TrainResult result = run(run_, recorder);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(result.steps, 2 * kBatches);
  EXPECT_EQ(recorder.steps.size(), 2U * kBatches);
  ASSERT_EQ(recorder.epochs.size(), 2U);
  EXPECT_EQ(recorder.epochs[0].validation.images, 10);
  EXPECT_TRUE(recorder.epochs[0].best);

  const Model best = load_model(find_weights(run_));
  EXPECT_EQ(best.architecture.name, "small");
  EXPECT_EQ(best.architecture.in_channels, 1);
  EXPECT_EQ(best.provenance.at("data"), config_.data);
  const TrainConfig written = load_train_config(run_);
  EXPECT_EQ(written.normalization, best.normalization);
  EXPECT_EQ(written.preprocess, best.preprocess);
}

TEST_F(TrainerTest, MeasuringShowsItsProgressAndCanBeStopped) {
  config_.normalizing = Normalizing::pixels;
  config_.augmentation.square = true;
  Recorder stopped;
  stopped.stop_measuring = true;
  const TrainResult nothing =
      train(config_, run_, false, stopped, stopped.stop);  // not a run to resume
  EXPECT_TRUE(nothing.interrupted);
  EXPECT_EQ(nothing.steps, 0);
  EXPECT_EQ(stopped.measured.size(), 1U);
  EXPECT_FALSE(holds_run(run_));
  Recorder recorder;
  EXPECT_FALSE(run(run_, recorder).interrupted);
  EXPECT_EQ(recorder.measured.back(), std::pair(std::int64_t{40}, std::int64_t{40}));
}

TEST_F(TrainerTest, TrainsANetworkByItsName) {
  config_.model = "alexnet-2012";
  config_.image_size = 64;
  config_.max_steps = 1;
  Recorder recorder;
  train(config_, run_, false, recorder, recorder.stop);
  const Model model = load_model(find_weights(run_));
  EXPECT_EQ(model.architecture,
            network("alexnet-2012", {.in_channels = 1, .classes = 10, .image_size = 64}));
}

TEST_F(TrainerTest, LogsStepsAndEpochs) {
  Recorder recorder;
  run(run_, recorder);
  const std::vector<json> lines = read_metrics(run_);
  ASSERT_EQ(lines.size(), 7U);  // 5 pairs of steps, 2 epochs
  EXPECT_EQ(lines[0]["event"], "step");
  EXPECT_EQ(lines[0]["step"], 2);
  for (const char* key :
       {"epoch", "loss", "accuracy", "learning_rate", "images_per_second", "wait_seconds"}) {
    EXPECT_TRUE(lines[0].contains(key)) << key;
  }
  EXPECT_EQ(lines[2]["event"], "epoch");
  EXPECT_EQ(lines[2]["epoch"], 1);
  EXPECT_DOUBLE_EQ(lines[2]["validation_top1"], recorder.epochs[0].validation.top1);
  EXPECT_DOUBLE_EQ(lines[2]["loss"], recorder.epochs[0].train_loss);
  EXPECT_EQ(lines.back()["epoch"], 2);
}

TEST_F(TrainerTest, ItsLossFalls) {
  config_.epochs = 20;
  Recorder recorder;
  run(run_, recorder);
  EXPECT_LT(recorder.epochs.back().train_loss, 0.5 * recorder.epochs.front().train_loss);
}

// Stopped in the middle of an epoch, between two epochs and before the last validation.
class ResumeTest : public TrainerTest, public testing::WithParamInterface<int> {};

TEST_P(ResumeTest, GivesTheBitsOfAnUninterruptedRun) {
  Recorder whole;
  run(folder_ / "whole", whole);
  Recorder stopped;
  stopped.stop_at = GetParam();
  const TrainResult first = run(run_, stopped);
  EXPECT_TRUE(first.interrupted);
  EXPECT_EQ(first.steps, GetParam());
  Recorder resumed;
  EXPECT_FALSE(run(run_, resumed, true).interrupted);
  EXPECT_EQ(stopped.steps.size() + resumed.steps.size(), whole.steps.size());
  expect_same_weights(run_ / "last.safetensors", folder_ / "whole" / "last.safetensors");
  expect_same_weights(run_ / "best.safetensors", folder_ / "whole" / "best.safetensors");
  EXPECT_EQ(timeless_metrics(run_), timeless_metrics(folder_ / "whole"));
}

INSTANTIATE_TEST_SUITE_P(StopAfterStep, ResumeTest, testing::Values(3, kBatches, 2 * kBatches));

TEST_F(TrainerTest, ResumingCutsTheMetricsBackToTheCheckpoint) {
  Recorder stopped;
  stopped.stop_at = 3;
  run(run_, stopped);
  std::ofstream(run_ / "metrics.jsonl", std::ios::app) << "{\"lost\": true}\nhalf a li";
  Recorder resumed;
  run(run_, resumed, true);
  for (const json& line : read_metrics(run_)) EXPECT_FALSE(line.contains("lost"));
}

TEST_F(TrainerTest, CheckpointsWithinTheEpoch) {
  config_.checkpoint_every = 2;
  struct Killed {};
  struct Killer : Recorder {
    void progress(const TrainProgress& p) override {
      if (p.step == 3) throw Killed{};
    }
  } killer;
  EXPECT_THROW(run(run_, killer), Killed);
  Recorder resumed;
  run(run_, resumed, true);
  EXPECT_EQ(resumed.steps.front().step, 3);
}

TEST_F(TrainerTest, WithoutACheckpointItBeginsAnew) {
  Recorder first;
  first.stop_at = 1;
  run(run_, first);
  fs::remove(run_ / "last.safetensors");
  Recorder again;
  EXPECT_EQ(run(run_, again, true).steps, 2 * kBatches);
  EXPECT_EQ(again.steps.size(), 2U * kBatches);
  EXPECT_EQ(timeless_metrics(run_).size(), 7U);
}

TEST_F(TrainerTest, AFinishedRunStaysAsItIs) {
  config_.epochs = 1;
  Recorder first;
  const TrainResult done = run(run_, first);
  const auto before = fs::last_write_time(run_ / "last.safetensors");
  Recorder again;
  const TrainResult result = run(run_, again, true);
  EXPECT_EQ(result.steps, done.steps);
  EXPECT_EQ(result.best_top1, done.best_top1);
  EXPECT_THAT(again.steps, IsEmpty());
  EXPECT_THAT(again.messages, Contains(HasSubstr("is finished")));
  EXPECT_EQ(fs::last_write_time(run_ / "last.safetensors"), before);
}

TEST_F(TrainerTest, RefusesToOverwriteOrToChangeARun) {
  Recorder recorder;
  recorder.stop_at = 1;
  run(run_, recorder);
  Recorder other;
  EXPECT_ERROR(run(run_, other), "already holds a training run");
  config_.batch_size = 4;
  EXPECT_ERROR(run(run_, other, true), "batch_size", "8", "4");
}

TEST_F(TrainerTest, RefusesADamagedCheckpoint) {
  Recorder recorder;
  recorder.stop_at = 1;
  run(run_, recorder);
  fs::resize_file(run_ / "last.safetensors", fs::file_size(run_ / "last.safetensors") / 2);
  Recorder other;
  EXPECT_ERROR(run(run_, other, true), "last.safetensors");
}

TEST_F(TrainerTest, MaxStepsEndsTheRunWithAValidation) {
  config_.max_steps = kBatches + 2;
  Recorder recorder;
  EXPECT_EQ(run(run_, recorder).steps, kBatches + 2);
  EXPECT_EQ(recorder.epochs.size(), 2U);
  Recorder again;
  run(run_, again, true);
  EXPECT_THAT(again.messages, Contains(HasSubstr("is finished")));
}

TEST_F(TrainerTest, ANonFiniteLossStopsWithAHint) {
  config_.schedule.base_rate = 1e30;
  Recorder recorder;
  EXPECT_ERROR(run(run_, recorder), "training diverged", "learning rate");
}

TEST_F(TrainerTest, SaysWhenTheNetworkOnlyGuesses) {
  config_.schedule.base_rate = 1e-9;
  config_.initializer = Initializer::krizhevsky2012;
  config_.max_steps = 1;
  Recorder recorder;
  run(run_, recorder);
  EXPECT_THAT(recorder.messages, Contains(HasSubstr("still that of guessing, ln(10)")));
}

TEST_F(TrainerTest, RefusesWhatDoesNotFitAndLeavesNoFolder) {
  Recorder recorder;
  config_.batch_size = kTrainImages;
  EXPECT_ERROR(run(run_, recorder), "40 images", "batch of 50");
  config_.batch_size = 8;
  config_.image_size = 8;
  EXPECT_ERROR(run(run_, recorder), "larger image");
  EXPECT_FALSE(fs::exists(run_));
}

}  // namespace
}  // namespace alexnet
