#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/file.h"
#include "support/case_name.h"
#include "support/expect_error.h"
#include "support/same_weights.h"
#include "train/checkpoint.h"
#include "train/train_config.h"
#include "train/training.h"

namespace alexnet {
namespace {

using nlohmann::json;
using test::kBatches;
using test::kTrainImages;
using test::read_metrics;
using test::Recorder;
using test::small_network;
using test::timeless_metrics;
using test::Training;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

TEST_F(Training, FillsTheRunFolder) {
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

TEST_F(Training, MeasuringShowsItsProgressAndCanBeStopped) {
  config_.normalization_kind = NormalizationKind::pixels;
  config_.augmentation.central = true;
  Recorder stopped;
  stopped.stop_measuring = true;
  const TrainResult nothing = run(run_, stopped);
  EXPECT_TRUE(nothing.interrupted);
  EXPECT_EQ(nothing.steps, 0);
  EXPECT_EQ(stopped.measured.size(), 1U);
  EXPECT_FALSE(holds_run(run_));
  Recorder recorder;
  EXPECT_FALSE(run(run_, recorder).interrupted);
  EXPECT_EQ(recorder.measured.back(), std::pair(std::int64_t{40}, std::int64_t{40}));
}

TEST_F(Training, TrainsANetworkByItsName) {
  config_.model = "alexnet-2012";
  config_.image_size = 64;
  config_.max_steps = 1;
  Recorder recorder;
  train(config_, run_, false, recorder, recorder.stop);
  const Model model = load_model(find_weights(run_));
  EXPECT_EQ(model.architecture,
            make_network("alexnet-2012", {.in_channels = 1, .classes = 10, .image_size = 64}));
}

TEST_F(Training, LogsStepsAndEpochs) {
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

TEST_F(Training, ItsLossFalls) {
  config_.epochs = 20;
  Recorder recorder;
  run(run_, recorder);
  EXPECT_LT(recorder.epochs.back().train_loss, 0.5 * recorder.epochs.front().train_loss);
}

TEST_F(Training, OfEqualAccuraciesTheLowerLossIsBest) {
  config_.epochs = 12;
  Recorder recorder;
  run(run_, recorder);
  double top1 = -1;
  double loss = 0;
  int ties = 0;
  for (const EpochSummary& epoch : recorder.epochs) {
    const Evaluation& now = epoch.validation;
    const bool tie = now.top1 == top1 && now.loss < loss;
    EXPECT_EQ(epoch.best, now.top1 > top1 || tie) << epoch.epoch;
    ties += tie ? 1 : 0;
    if (!epoch.best) continue;
    top1 = now.top1;
    loss = now.loss;
  }
  EXPECT_GT(ties, 0);
  EXPECT_EQ(load_model(find_weights(run_)).provenance.at("validation_loss"),
            fmt::format("{:.4f}", loss));
}

TEST_F(Training, LogsEnoughForACurve) {
  config_.log_every = 0;
  Recorder recorder;
  run(run_, recorder);
  EXPECT_EQ(read_metrics(run_).size(), 2U * kBatches + 2);
  EXPECT_EQ(load_train_config(run_).log_every, 1);
  config_.epochs = 25;
  Recorder longer;
  run(folder_ / "longer", longer);
  EXPECT_EQ(load_train_config(folder_ / "longer").log_every, 25 * kBatches / 50);
}

TEST_F(Training, SaysWhichImagesAreForWhat) {
  Recorder recorder;
  run(run_, recorder);
  EXPECT_THAT(recorder.messages,
              Contains(AllOf(HasSubstr("trains on 40 of 50 images, without the 10 held out;"),
                             HasSubstr("validates on 10 (held out)"), HasSubstr("test part"))));
  EXPECT_THAT(recorder.messages, Contains(HasSubstr("10 images for validation are few: one of them "
                                                    "is 10.0 % of the accuracy")));
}

TEST_F(Training, RefusesASingleClass) {
  test::write_class_folders(folder_ / "deep/photos", {"ant", "bee"}, 8, 28, 1);
  config_.data = (folder_ / "deep").string();
  Recorder recorder;
  EXPECT_ERROR(run(run_, recorder), "one class alone, 'photos'", "deep/photos");
  EXPECT_FALSE(fs::exists(run_));
}

// Stopped in the middle of an epoch, between two epochs and before the last validation.
class Resuming : public Training, public testing::WithParamInterface<int> {};

TEST_P(Resuming, GivesTheBitsOfAnUninterruptedRun) {
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
  test::expect_same_weights(run_ / "last.safetensors", folder_ / "whole" / "last.safetensors");
  test::expect_same_weights(run_ / "best.safetensors", folder_ / "whole" / "best.safetensors");
  EXPECT_EQ(timeless_metrics(run_), timeless_metrics(folder_ / "whole"));
}

INSTANTIATE_TEST_SUITE_P(StopAfterStep, Resuming, testing::Values(3, kBatches, 2 * kBatches),
                         kCaseName);

// Checkpoints have the weights that are updated, not what they are rounded to.
TEST_F(Training, Bf16ResumesToTheSameBits) {
  Recorder exact;
  run(folder_ / "exact", exact);
  config_.precision = TrainingPrecision::bf16;
  Recorder whole;
  run(folder_ / "whole", whole);
  Recorder stopped;
  stopped.stop_at = 3;
  EXPECT_TRUE(run(run_, stopped).interrupted);
  Recorder resumed;
  EXPECT_FALSE(run(run_, resumed, true).interrupted);
  test::expect_same_weights(run_ / "last.safetensors", folder_ / "whole" / "last.safetensors");
  EXPECT_EQ(timeless_metrics(run_), timeless_metrics(folder_ / "whole"));
  EXPECT_NE(timeless_metrics(run_), timeless_metrics(folder_ / "exact"));
  EXPECT_EQ(load_train_config(run_).precision, TrainingPrecision::bf16);
  config_.precision = TrainingPrecision::fp32;
  EXPECT_ERROR(run(run_, resumed, true), "precision");
}

TEST_F(Training, ResumingCutsTheMetricsBackToTheCheckpoint) {
  Recorder stopped;
  stopped.stop_at = 3;
  run(run_, stopped);
  std::ofstream(run_ / "metrics.jsonl", std::ios::app) << "{\"lost\": true}\nhalf a li";
  Recorder resumed;
  run(run_, resumed, true);
  for (const json& line : read_metrics(run_)) EXPECT_FALSE(line.contains("lost"));
}

TEST_F(Training, CheckpointsWithinTheEpoch) {
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

TEST_F(Training, CheckpointsAfterSomeTime) {
  config_.checkpoint_minutes = 1e-9;
  struct Watcher : Recorder {
    void progress(const TrainProgress& p) override {
      if (p.step == 4) before = load_train_state(last).step;
    }
    fs::path last;
    std::int64_t before = 0;
  } watcher;
  watcher.last = run_ / "last.safetensors";
  run(run_, watcher);
  EXPECT_EQ(watcher.before, 3);
}

TEST_F(Training, WithoutACheckpointItBeginsAnew) {
  Recorder first;
  first.stop_at = 1;
  run(run_, first);
  fs::remove(run_ / "last.safetensors");
  Recorder again;
  EXPECT_EQ(run(run_, again, true).steps, 2 * kBatches);
  EXPECT_EQ(again.steps.size(), 2U * kBatches);
  EXPECT_EQ(timeless_metrics(run_).size(), 7U);
}

TEST_F(Training, AFinishedRunStaysAsItIs) {
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

TEST_F(Training, RefusesToOverwriteOrToChangeARun) {
  Recorder recorder;
  recorder.stop_at = 1;
  run(run_, recorder);
  Recorder other;
  EXPECT_ERROR(run(run_, other), "already holds a training run");
  config_.batch_size = 4;
  EXPECT_ERROR(run(run_, other, true), "batch_size", "8", "4");
}

TEST_F(Training, RefusesADamagedCheckpoint) {
  Recorder recorder;
  recorder.stop_at = 1;
  run(run_, recorder);
  fs::resize_file(run_ / "last.safetensors", fs::file_size(run_ / "last.safetensors") / 2);
  Recorder other;
  EXPECT_ERROR(run(run_, other, true), "last.safetensors");
}

TEST_F(Training, MaxStepsEndsTheRunWithAValidation) {
  config_.max_steps = kBatches + 2;
  Recorder recorder;
  EXPECT_EQ(run(run_, recorder).steps, kBatches + 2);
  EXPECT_EQ(recorder.epochs.size(), 2U);
  Recorder again;
  run(run_, again, true);
  EXPECT_THAT(again.messages, Contains(HasSubstr("is finished")));
}

TEST_F(Training, ANonFiniteLossStopsWithAHint) {
  config_.schedule.base_rate = 1000;
  Recorder recorder;
  EXPECT_ERROR(run(run_, recorder), "training diverged", "learning rate");
}

TEST_F(Training, SaysWhenTheNetworkOnlyGuesses) {
  config_.schedule.base_rate = 1e-9;
  config_.initializer = Initializer::krizhevsky2012;
  config_.max_steps = 1;
  Recorder recorder;
  run(run_, recorder);
  EXPECT_THAT(recorder.messages, Contains(HasSubstr("still that of guessing, ln(10)")));
}

TEST_F(Training, RefusesWhatDoesNotFitAndLeavesNoFolder) {
  Recorder recorder;
  config_.batch_size = kTrainImages;
  EXPECT_ERROR(run(run_, recorder), "40 images", "batch of 50");
  config_.batch_size = 8;
  config_.image_size = 8;
  EXPECT_ERROR(run(run_, recorder), "larger image");
  EXPECT_FALSE(fs::exists(run_));
}

// A network that has no name in the library.
class ArchitectureRun : public Training {
 protected:
  // A run that was stopped after its third step.
  void stop_early() const {
    Recorder stopped;
    stopped.stop_at = 3;
    run(run_, stopped);
  }
};

TEST_F(ArchitectureRun, SettlesTheConfiguration) {
  config_.max_steps = 1;
  Recorder recorder;
  run(run_, recorder);
  const TrainConfig written = load_train_config(run_);
  EXPECT_EQ(written.model, "small");
  EXPECT_EQ(written.image_size, 28);
  EXPECT_EQ(written.dropout, 0.25F);
  EXPECT_EQ(load_model(find_weights(run_)).architecture, small_network(28));
}

TEST_F(ArchitectureRun, ResumesWithoutTheArchitectureToTheSameBits) {
  Recorder whole;
  run(folder_ / "whole", whole);
  stop_early();
  Recorder resumed;
  train(load_train_config(run_), run_, true, resumed, resumed.stop);
  test::expect_same_weights(run_ / "last.safetensors", folder_ / "whole" / "last.safetensors");
}

TEST_F(ArchitectureRun, RefusesToResumeWithAnother) {
  stop_early();
  Architecture other = small_network(28);
  other.layers[5] = Linear{16};
  Recorder recorder;
  const auto resume_with = [&](const Architecture& architecture) {
    train(architecture, config_, run_, true, recorder, recorder.stop);
  };
  EXPECT_ERROR(resume_with(other), "last.safetensors", "another network than the one given");
  other = small_network(28);
  other.name = "large";
  EXPECT_ERROR(resume_with(other), "another network");
  EXPECT_ERROR(train(config_, run_, true, recorder, recorder.stop), "another model", "small",
               "alexnet");
  EXPECT_THAT(recorder.steps, IsEmpty());
}

// A network that goes by the name of another one must be given again.
TEST_F(ArchitectureRun, RefusesACheckpointOfAnotherNetworkOfTheSameName) {
  config_.image_size = 64;
  Architecture network = small_network(64);
  network.name = "alexnet";
  Recorder stopped;
  stopped.stop_at = 3;
  train(network, config_, run_, false, stopped, stopped.stop);
  Recorder recorder;
  EXPECT_ERROR(train(load_train_config(run_), run_, true, recorder, recorder.stop),
               "its network is not 'alexnet'", "give its architecture");
  EXPECT_EQ(train(network, config_, run_, true, recorder, recorder.stop).steps, 2 * kBatches);
}

TEST_F(ArchitectureRun, RefusesACheckpointOfAnotherRun) {
  stop_early();
  config_.model = "alexnet-2012";
  config_.image_size = 64;
  Recorder other;
  other.stop_at = 1;
  train(config_, folder_ / "other", false, other, other.stop);
  fs::copy_file(folder_ / "other" / "last.safetensors", run_ / "last.safetensors",
                fs::copy_options::overwrite_existing);
  Recorder recorder;
  EXPECT_ERROR(train(load_train_config(run_), run_, true, recorder, recorder.stop), "alexnet-2012",
               "small");
}

TEST_F(ArchitectureRun, WithoutACheckpointItMustBeGivenAgain) {
  stop_early();
  fs::remove(run_ / "last.safetensors");
  Recorder recorder;
  EXPECT_ERROR(train(load_train_config(run_), run_, true, recorder, recorder.stop), "'small'",
               "no checkpoint");
  EXPECT_EQ(run(run_, recorder, true).steps, 2 * kBatches);
}

TEST_F(ArchitectureRun, NeedNotBeSquare) {
  Recorder recorder;
  Architecture network = small_network(28);
  network.width = 32;
  train(network, config_, run_, false, recorder, recorder.stop);
  EXPECT_EQ(load_model(find_weights(run_)).preprocess.crop, Size(28, 32));
}

TEST_F(ArchitectureRun, RefusesWhatDoesNotFit) {
  Recorder recorder;
  const auto train_network = [&](const Architecture& architecture) {
    train(architecture, config_, run_, false, recorder, recorder.stop);
  };
  Architecture network = small_network(28);
  network.layers[7] = Linear{3};
  EXPECT_ERROR(train_network(network), "3 classes", "10");
  network = small_network(28);
  network.in_channels = 3;
  EXPECT_ERROR(train_network(network), "3 channels", "1 channels");
  network = small_network(28);
  network.layers.pop_back();
  EXPECT_ERROR(train_network(network), "LogSoftmax");
  config_.finetune.weights = "base.safetensors";
  EXPECT_ERROR(train_network(small_network(28)), "give no architecture");
  EXPECT_FALSE(fs::exists(run_));
}

}  // namespace
}  // namespace alexnet
