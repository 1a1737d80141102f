#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class TrainCommand : public testing::Test {
 protected:
  TrainCommand() { write_idx_dataset(folder_ / "data", 60, 10, 1); }

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

TEST_F(TrainCommand, ChoosesAFreeRunFolder) {
  fs::create_directories(folder_ / "runs" / "data-1");
  const Outcome outcome = run(train({"--max-steps", "1"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(folder_ / "runs" / "data-2" / "best.safetensors"));
}

TEST_F(TrainCommand, OptionsReachTheConfiguration) {
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
                                     "--parts",
                                     "2",
                                     "--precision",
                                     "bf16",
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
                      {"precision", "bf16"},
                      {"resize", 64},
                      {"crop", 64},
                      {"channels", 1},
                      {"pad", 2},
                      {"flip", false},
                      {"fit", "cover"},
                      {"interpolation", "bilinear"},
                      {"fast_decode", true},
                      {"on_bad_image", "skip"},
                      {"recipe", ""},
                      {"margin", false},
                      {"normalizing", "channels"},
                      {"random_resized_crop", false},
                      {"square_crops", false},
                      {"colour_noise", 0.0},
                      {"colour_axes", json::array()},
                      {"engine", "cpu"},
                      {"plateau_watches", "loss"},
                      {"plateau_divisions", 0},
                      {"validation_data", ""},
                      {"validation_share", 0.1},
                      {"seed", 7},
                      {"threads", 1},
                      {"parts", 2},
                      {"parallel", "hybrid"},
                      {"optimizer", "sgd"},
                      {"trust_coefficient", 0.001},
                      {"workers", 2},
                      {"max_steps", 1},
                      {"log_every", 1},
                      {"checkpoint_every", 5},
                      {"checkpoint_minutes", 0.0},
                      {"tensorboard", false},
                      {"finetune", ""},
                      {"freeze_features", false},
                      {"body_rate", 0.1}};
  EXPECT_EQ(written, expected);
}

class InterruptedTraining : public TrainCommand, public testing::WithParamInterface<int> {};

TEST_P(InterruptedTraining, StopsWithACheckpointAndResumes) {
  auto* const before = std::signal(GetParam(), SIG_DFL);  // also where the test itself ignores it
  Program program(train({"--epochs", "10000", "--out", "my run", "--max-steps", "100000"}),
                  folder_.path());
  std::signal(GetParam(), before);
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

INSTANTIATE_TEST_SUITE_P(Signals, InterruptedTraining, testing::Values(SIGINT, SIGTERM, SIGHUP),
                         [](const auto& test_case) {
                           return std::string(sigabbrev_np(test_case.param));
                         });

// As under nohup.
TEST_F(TrainCommand, AnIgnoredHangupStaysIgnored) {
  auto* const before = std::signal(SIGHUP, SIG_IGN);
  Program program(train({"--epochs", "3", "--out", "run"}), folder_.path());
  std::signal(SIGHUP, before);
  while (program.running() && !fs::exists(folder_ / "run" / "last.safetensors")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  program.send(SIGHUP);
  EXPECT_EQ(program.wait().code, 0);
}

TEST_F(TrainCommand, TwoAtATimeHaveAFolderEach) {
  Program first(train({"--max-steps", "2"}), folder_.path());
  Program second(train({"--max-steps", "2"}), folder_.path());
  EXPECT_EQ(first.wait().code, 0);
  EXPECT_EQ(second.wait().code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "runs" / "data-1" / "best.safetensors"));
  EXPECT_TRUE(fs::exists(folder_ / "runs" / "data-2" / "best.safetensors"));
}

TEST_F(TrainCommand, WhatFailsLeavesNoFolder) {
  EXPECT_EQ(run({"train", "absent"}).code, cli::kNotFound);
  EXPECT_FALSE(fs::exists(folder_ / "runs"));
}

TEST_F(TrainCommand, NamesRunsAfterDataInAnyScript) {
  fs::rename(folder_ / "data", folder_ / "图片");
  std::vector<std::string> words = train({"--max-steps", "1"});
  words[1] = "图片";
  EXPECT_EQ(run(words).code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "runs" / "图片-1" / "best.safetensors"));
  const std::string most = "b" + std::string(98, 'a');  // of 100, and the next takes three
  const std::string name = most + "片" + std::string(150, 'a');
  fs::rename(folder_ / "图片", folder_ / name);
  words[1] = name;
  EXPECT_EQ(run(words).code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "runs" / (most + "-1") / "best.safetensors"));
  fs::rename(folder_ / name, folder_ / "\xFF");
  words[1] = "\xFF";
  EXPECT_EQ(run(words).code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "runs" / "run-1" / "best.safetensors"));
  const Outcome resumed = run({"train", "--resume", "--out", "runs/run-1", "--max-steps", "2"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
}

TEST_F(TrainCommand, TheRateFollowsSmallBatches) {
  const auto rate = [&](const std::string& run_folder, const std::vector<std::string>& more) {
    std::vector<std::string> words{"train",       "data", "--model", "alexnet-2012",
                                   "--max-steps", "1",    "--out",   run_folder};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const bool said = outcome.err.find("--lr sets another") != std::string::npos;
    return std::pair(config(run_folder)["learning_rate"].get<double>(), said);
  };
  EXPECT_EQ(rate("a", {"--batch-size", "16"}), std::pair(0.0025, true));
  EXPECT_EQ(rate("b", {"--batch-size", "16", "--lr", "0.01"}), std::pair(0.01, false));
}

TEST_F(TrainCommand, SaysWhatHasNoEffectAndWhatComesNext) {
  write_image_folder(folder_ / "photos", {"ant", "bee"}, 8, 64, 1);
  std::vector<std::string> words = train({"--max-steps", "1", "--validation", "0.2"});
  words[1] = "photos";
  const Outcome with_parts = run(words);
  EXPECT_EQ(with_parts.code, 0) << with_parts.err;
  EXPECT_THAT(with_parts.err,
              HasSubstr("--validation has no effect: photos has a validation part"));
  EXPECT_THAT(with_parts.err, HasSubstr("evaluate it with: alexnet eval runs/photos-1 photos"));
  const Outcome resumed =
      run({"train", "--resume", "--out", "runs/photos-1", "--validation", "0", "--max-steps", "2"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("--validation has no effect: photos has a validation part"));
  EXPECT_EQ(config("runs/photos-1")["validation_share"], 0.2);
  EXPECT_FALSE(config("runs/photos-1")["resumed_with"][0]["before"].contains("validation_share"));
  const Outcome tested = run({"eval", "runs/photos-1", "photos", "--json"});
  EXPECT_EQ(tested.code, 0) << tested.err;
  EXPECT_EQ(json::parse(tested.out)["trained_on"], false);
  std::vector<std::string> on_test = words;
  on_test.insert(on_test.end(), {"--val", "photos/test"});
  const Outcome given = run(on_test);
  EXPECT_THAT(given.err,
              AllOf(HasSubstr("--validation has no effect beside --val"),
                    HasSubstr("its test images were validated on; on these again: alexnet "
                              "eval runs/photos-2 photos")));
  const Outcome known = run({"eval", "runs/photos-2", "photos"});
  EXPECT_THAT(known.out, HasSubstr("8 test images (the run chose its best weights by them)"));
  EXPECT_THAT(run({"eval", "runs/photos-1", "photos"}).out, HasSubstr("8 test images\n"));
  const Outcome given_resumed =
      run({"train", "--resume", "--out", "runs/photos-2", "--validation", "0", "--max-steps", "2"});
  EXPECT_EQ(given_resumed.code, 0) << given_resumed.err;
  EXPECT_THAT(given_resumed.err, HasSubstr("--validation has no effect beside --val"));
  EXPECT_EQ(config("runs/photos-2")["validation_share"], 0.2);
  fs::remove_all(folder_ / "photos/test");
  const Outcome without_test = run(words);
  EXPECT_THAT(without_test.err, HasSubstr("there is no test part; on the images for validation"));
  const Outcome on_all = run(train({"--max-steps", "1", "--validation", "0", "--out", "all"}));
  EXPECT_EQ(on_all.code, 0) << on_all.err;
  EXPECT_THAT(on_all.out, HasSubstr("the last epoch's weights, without validation"));
}

TEST_F(TrainCommand, AFinishedRunGoesOnWithMoreEpochs) {
  ASSERT_EQ(run(train({"--epochs", "1", "--out", "run"})).code, 0);
  const Outcome more = run({"train", "--resume", "--out", "run", "--epochs", "2"});
  EXPECT_EQ(more.code, 0) << more.err;
  EXPECT_THAT(more.err,
              AllOf(HasSubstr("epochs: 2 from here on, 1 before"), HasSubstr("epoch 2/2")));
  EXPECT_EQ(config("run")["resumed_with"][0]["before"]["epochs"], 1);
  EXPECT_EQ(run({"train", "data", "--accept-data-change"}).code, cli::kWrongUsage);
}

TEST_F(TrainCommand, ResumingNeedsNoOptionsAndRefusesOthers) {
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

// With images of other colours: nothing measured on the first ones is left.
TEST_F(TrainCommand, WithoutACheckpointAnyDataWillDo) {
  ASSERT_EQ(run(train({"--max-steps", "1", "--out", "run"})).code, 0);
  fs::remove(folder_ / "run/last.safetensors");
  write_class_folders(folder_ / "photos", {"ant", "bee"}, 8, 64, 1);
  const Outcome resumed = run({"train", "photos", "--resume", "--out", "run", "--lr", "0.001"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("run holds no checkpoint yet: starting from the first step"));
  EXPECT_EQ(config("run")["channels"], 3);
  EXPECT_FALSE(config("run").contains("resumed_with"));
}

TEST_F(TrainCommand, ResumingElsewhereAsksForTheData) {
  ASSERT_EQ(run(train({"--max-steps", "1", "--out", "run"})).code, 0);
  fs::create_directories(folder_ / "elsewhere");
  const auto resume = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--resume", "--out", "../run", "--max-steps", "2"});
    return run_program(words, folder_ / "elsewhere");
  };
  const Outcome lost = resume({"train"});
  EXPECT_EQ(lost.code, cli::kNotFound);
  EXPECT_THAT(lost.err, HasSubstr("if the run's data lies elsewhere, say where: alexnet train DATA "
                                  "--resume --out ../run"));
  const Outcome found = resume({"train", "../data"});
  EXPECT_EQ(found.code, 0) << found.err;
}

TEST_F(TrainCommand, ResumingNothingBeginsOnlyWithData) {
  const Outcome nothing = run({"train", "--resume", "--out", "run"});
  EXPECT_EQ(nothing.code, cli::kNotFound);
  EXPECT_THAT(nothing.err, HasSubstr("holds no training run"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  const Outcome begun = run(train({"--resume", "--out", "run", "--max-steps", "1"}));
  EXPECT_EQ(begun.code, 0) << begun.err;
}

}  // namespace
}  // namespace alexnet::test
