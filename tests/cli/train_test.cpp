#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/program.h"
#include "data/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class TrainCommandTest : public testing::Test {
 protected:
  TrainCommandTest() { write_idx_dataset(folder_ / "data", 60, 10, 1); }

  // The least that a run can be, and what the test adds.
  std::vector<std::string> train(const std::vector<std::string>& more) const {
    std::vector<std::string> words{"train",        "data", "--model", "alexnet-2012",
                                   "--batch-size", "8",    "--lr",    "0.005"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  json config(const std::string& run) const {
    const Bytes bytes = read_bytes(folder_ / run / "config.json");
    return json::parse(bytes);
  }

  TempFolder folder_;
};

TEST_F(TrainCommandTest, ChoosesAFreeRunFolder) {
  fs::create_directories(folder_ / "runs" / "data-1");
  const Outcome outcome = run(train({"--max-steps", "1"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(folder_ / "runs" / "data-2" / "best.safetensors"));
}

TEST_F(TrainCommandTest, OptionsReachTheConfiguration) {
  const Outcome outcome = run(train({"--max-steps",
                                     "1",
                                     "--out",
                                     "run",
                                     "--epochs",
                                     "9",
                                     "--schedule",
                                     "plateau",
                                     "--warmup",
                                     "0.5",
                                     "--momentum",
                                     "0.8",
                                     "--weight-decay",
                                     "0.001",
                                     "--sgd",
                                     "krizhevsky2012",
                                     "--dropout",
                                     "0.25",
                                     "--label-smoothing",
                                     "0.1",
                                     "--init",
                                     "pytorch",
                                     "--pad",
                                     "2",
                                     "--no-flip",
                                     "--fast-decode",
                                     "--on-bad-image",
                                     "skip",
                                     "--seed",
                                     "7",
                                     "--threads",
                                     "1",
                                     "--workers",
                                     "2",
                                     "--checkpoint-every",
                                     "5",
                                     "--validation",
                                     "0.1"}));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  json written = config("run");
  EXPECT_TRUE(written.erase("made_with"));
  EXPECT_THAT(written["command"].get<std::string>(),
              AllOf(StartsWith("alexnet train data --model alexnet-2012 --batch-size 8"),
                    EndsWith("--validation 0.1")));
  written.erase("command");
  EXPECT_TRUE(written.erase("mean"));
  EXPECT_TRUE(written.erase("deviation"));
  const json expected{{"data", "data"},
                      {"model", "alexnet-2012"},
                      {"image_size", 64},
                      {"epochs", 9},
                      {"batch_size", 8},
                      {"sgd", "krizhevsky2012"},
                      {"momentum", 0.8},
                      {"weight_decay", 0.001},
                      {"weight_rate_multiplier", 1.0},
                      {"bias_weight_decay", 0.0},
                      {"bias_rate_multiplier", 2.0},
                      {"schedule", "plateau"},
                      {"learning_rate", 0.005},
                      {"warmup_epochs", 0.5},
                      {"patience", 3},
                      {"initializer", "pytorch"},
                      {"dropout", 0.25},
                      {"label_smoothing", 0.1},
                      {"resize", 64},
                      {"crop", 64},
                      {"channels", 1},
                      {"pad", 2},
                      {"flip", false},
                      {"fast_decode", true},
                      {"on_bad_image", "skip"},
                      {"recipe", ""},
                      {"margin", false},
                      {"normalizing", "channels"},
                      {"random_resized_crop", false},
                      {"square_crops", false},
                      {"colour_noise", 0.0},
                      {"colour_axes", json::array()},
                      {"plateau_watches", "loss"},
                      {"plateau_divisions", 0},
                      {"validation_share", 0.1},
                      {"seed", 7},
                      {"threads", 1},
                      {"workers", 2},
                      {"max_steps", 1},
                      {"log_every", 50},
                      {"checkpoint_every", 5},
                      {"tensorboard", false},
                      {"finetune", ""},
                      {"freeze_features", false},
                      {"body_rate", 0.1}};
  EXPECT_EQ(written, expected);
}

class InterruptTest : public TrainCommandTest, public testing::WithParamInterface<int> {};

TEST_P(InterruptTest, StopsWithACheckpointAndResumes) {
  Program program(train({"--epochs", "10000", "--out", "my run", "--max-steps", "100000"}),
                  folder_.path());
  while (program.running() && !fs::exists(folder_ / "my run" / "last.safetensors")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  program.send(GetParam());
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 130);
  EXPECT_THAT(outcome.err, HasSubstr("resume with: alexnet train --resume --out 'my run'\n"));

  // It goes on where it was until it is stopped again.
  Program resumed({"train", "--resume", "--out", "my run"}, folder_.path());
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  resumed.send(SIGTERM);
  const Outcome again = resumed.wait();
  EXPECT_EQ(again.code, 130);
  EXPECT_THAT(again.err, HasSubstr("resuming at step"));
}

INSTANTIATE_TEST_SUITE_P(Signals, InterruptTest, testing::Values(SIGINT, SIGTERM));

TEST_F(TrainCommandTest, ResumingNeedsNoOptionsAndRefusesOthers) {
  ASSERT_EQ(run(train({"--max-steps", "2", "--out", "run"})).code, 0);

  const Outcome finished = run({"train", "--resume", "--out", "run"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.err, HasSubstr("is finished"));
  const Outcome harmless = run({"train", "data", "--resume", "--out", "run", "--threads", "1"});
  EXPECT_EQ(harmless.code, 0) << harmless.err;
  const Outcome other = run({"train", "--resume", "--out", "run", "--batch-size", "4"});
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, AllOf(HasSubstr("batch_size"), HasSubstr("8"), HasSubstr("4")));
  const Outcome again = run(train({"--out", "run"}));
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("already holds"), HasSubstr("--resume")));
}

TEST_F(TrainCommandTest, ResumingNothingBeginsOnlyWithData) {
  const Outcome nothing = run({"train", "--resume", "--out", "run"});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.err, HasSubstr("holds no training run"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  const Outcome begun = run(train({"--resume", "--out", "run", "--max-steps", "1"}));
  EXPECT_EQ(begun.code, 0) << begun.err;
}

}  // namespace
}  // namespace alexnet::test
