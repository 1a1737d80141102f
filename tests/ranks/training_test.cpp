// `alexnet train` and `alexnet eval` by several processes, as mpirun starts them, a thread each.
#include <alexnet/model.h>
#include <alexnet/random.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <utility>

#include "cli/program.h"
#include "support/same_weights.h"
#include "support/small_model.h"
#include "support/temp_data.h"
#include "train/training.h"

namespace alexnet::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

constexpr bool kHasMpi = ALEXNET_HAS_MPI != 0;

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// alexnet-2012's kinds of layers, small: groups, normalization, overlapping pools. Eight parts
// divide two of the fully-connected ones by rows.
Model small_2012() {
  Model model = small_model();
  model.architecture.name = "small-2012";
  model.architecture.layers = {Conv{.out_channels = 16, .kernel = 5, .stride = 2},
                               Relu{},
                               LocalResponseNorm{},
                               MaxPool{},
                               Conv{.out_channels = 16, .kernel = 3, .padding = 1, .groups = 2},
                               Relu{},
                               Flatten{},
                               Dropout{0.5F},
                               Linear{144},
                               Relu{},
                               Dropout{0.5F},
                               Linear{131},
                               Relu{},
                               Linear{10},
                               LogSoftmax{}};
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  return model;
}

// Where the program looks, if anywhere.
fs::path find_mpirun() {
  std::istringstream places(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string place; std::getline(places, place, ':');) {
    if (access((fs::path(place) / "mpirun").c_str(), X_OK) == 0) return fs::path(place) / "mpirun";
  }
  return {};
}

class Ranks : public testing::Test {
 protected:
  void SetUp() override {
    if (!kHasMpi) GTEST_SKIP() << "built without MPI";
    if (mpirun_.empty()) GTEST_SKIP() << "there is no mpirun";
    write_idx_dataset(folder_ / "data", 60, 23, 1);
    save_model(folder_ / "base.safetensors", small_2012());
  }

  static std::vector<std::string> launch(int ranks) {
    return words("-n " + std::to_string(ranks) +
                 " --oversubscribe --allow-run-as-root --bind-to none --mca btl self,vader "
                 "--mca btl_vader_single_copy_mechanism none " +
                 alexnet::test::program_path());
  }

  static std::string options_without_parts(const std::string& more, const std::string& data) {
    return fmt::format(
        "train {} --finetune base.safetensors --body-rate 1 --lr 0.05 --batch-size 19 "
        "--validation 0.2 --threads 1 --no-report {}",
        data, more);
  }
  static std::string options(const std::string& more, const std::string& data = "data") {
    return options_without_parts("--parts 8 " + more, data);
  }

  std::unique_ptr<Program> start(int ranks, const std::string& arguments) const {
    std::vector<std::string> all = launch(ranks);
    for (std::string& word : words(arguments)) all.push_back(std::move(word));
    return std::make_unique<Program>(all, folder_.path(), mpirun_.string());
  }
  Outcome run(int ranks, const std::string& arguments) const {
    return start(ranks, arguments)->wait();
  }
  void train(int ranks, const std::string& into, const std::string& more) const {
    const Outcome outcome = run(ranks, options(more) + " --out " + into);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  // Weights, momentum and all that was measured.
  void expect_same_run(const std::string& a, const std::string& b) const {
    expect_same_tensors(a, b);
    EXPECT_EQ(timeless_metrics(folder_ / a), timeless_metrics(folder_ / b));
    expect_same_weights(folder_ / a / "best.safetensors", folder_ / b / "best.safetensors");
  }

  void expect_same_tensors(const std::string& a, const std::string& b) const {
    test::expect_same_checkpoints(folder_ / a, folder_ / b);
  }

  const fs::path mpirun_ = find_mpirun();
  TempFolder folder_;
};

TEST_F(Ranks, TrainTheSameNetworkWhateverTheirNumber) {
  train(1, "one", "--epochs 2 --pad 2");
  for (const int ranks : {2, 3, 4}) {
    const std::string run = std::to_string(ranks);
    train(ranks, run, "--epochs 2 --pad 2");
    expect_same_run(run, "one");
  }
  const Outcome alone =
      run_program(words(options("--epochs 2 --pad 2 --out alone")), folder_.path());
  ASSERT_EQ(alone.code, 0) << alone.err;
  expect_same_run("alone", "one");
}

TEST_F(Ranks, TakeAPartEachUnlessToldOtherwise) {
  const std::string options = options_without_parts("--epochs 1 ", "data");
  for (const auto& [ranks, more] : {std::pair{3, "--out three"}, {1, "--parts 3 --out one"}}) {
    const Outcome outcome = run(ranks, options + more);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  expect_same_run("three", "one");
}

TEST_F(Ranks, TrainTheSameWithoutRandomness) {
  for (const int ranks : {1, 3}) {
    train(ranks, std::to_string(ranks), "--epochs 2 --dropout 0 --no-flip");
  }
  expect_same_run("3", "1");
}

TEST_F(Ranks, TrainTheSameDividedByImages) {
  train(1, "1", "--epochs 2");
  train(3, "3", "--epochs 2 --parallel data");
  expect_same_run("3", "1");
}

TEST_F(Ranks, TrainTheSameByLars) {
  train(1, "1", "--optimizer lars --trust 1 --epochs 2");
  train(3, "3", "--optimizer lars --trust 1 --epochs 2");
  expect_same_run("3", "1");
}

TEST_F(Ranks, TrainTheSameWithoutKernelsOfOurOwn) {
  setenv("ALEXNET_SIMD", "none", 1);
  train(1, "1", "--epochs 1");
  train(3, "3", "--epochs 1");
  unsetenv("ALEXNET_SIMD");
  expect_same_run("3", "1");
}

TEST_F(Ranks, FreezeTheSameFeatures) {
  for (const int ranks : {1, 3})
    train(ranks, std::to_string(ranks), "--epochs 2 --freeze features");
  expect_same_run("3", "1");
  const Safetensors before = read_safetensors(folder_ / "base.safetensors");
  const Safetensors after = read_safetensors(folder_ / "3" / "last.safetensors");
  EXPECT_TRUE(std::ranges::equal(before.tensors.at("features.0.weight").values(),
                                 after.tensors.at("features.0.weight").values()));
}

TEST_F(Ranks, EvaluateAsOneDoes) {
  const std::string eval = "eval base.safetensors data --json --threads 1 --batch-size 5";
  const Outcome one = run_program(words(eval), folder_.path());
  ASSERT_EQ(one.code, 0) << one.err;
  for (const int ranks : {2, 4}) {
    const Outcome some = run(ranks, eval);
    EXPECT_EQ(some.code, 0) << some.err;
    EXPECT_EQ(some.out, one.out);
  }
  EXPECT_THAT(run(2, eval + " --predictions p.csv").err, HasSubstr("run eval without mpirun"));
}

TEST_F(Ranks, AreRefusedWhereTheyDiffer) {
  const auto mixed = [&](const std::string& env, const std::string& second) {
    return run(1, options("--out mixed") + " : -n 1 " + env + " " + alexnet::test::program_path() +
                      " " + second)
        .err;
  };
  EXPECT_THAT(mixed("", options("--out mixed --momentum 0.8")),
              AllOf(HasSubstr("the training option momentum differs between ranks: rank 0 on "),
                    HasSubstr("has 0.9, and rank 1 on "), HasSubstr(" has 0.8")));
  EXPECT_THAT(mixed("-x ALEXNET_SIMD=none", options("--out mixed")),
              HasSubstr("simd of the cpu engine differs"));
  write_idx_dataset(folder_ / "other", 61, 23, 1);
  EXPECT_THAT(mixed("", options("--out mixed", "other")),
              HasSubstr("the data's fingerprint differs between ranks"));
  EXPECT_THAT(mixed("", options("--out mixed", "nodata")),
              ContainsRegex("alexnet: rank 1 on [^ ]+: nodata does not exist"));
  EXPECT_THAT(mixed("", "train --threads 1 --out mixed"),
              ContainsRegex("alexnet: rank 1 on [^ ]+: DATA is required"));
  EXPECT_FALSE(fs::exists(folder_ / "mixed"));
  EXPECT_THAT(run(3, options_without_parts("--parts 2 --out mixed", "data")).err,
              HasSubstr("3 processes cannot share batches that are computed in 2 parts"));
}

TEST_F(Ranks, EvaluateOnlyWhatIsTheSame) {
  write_idx_dataset(folder_ / "fewer", 60, 22, 1);
  const auto mixed = [&](const std::string& data, const std::string& more) {
    return run(1, "eval base.safetensors data --threads 1 : -n 1 " + alexnet::test::program_path() +
                      " eval base.safetensors " + data + " --threads 1" + more);
  };
  const Outcome other = mixed("fewer", "");
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("the fingerprint of the images differs between ranks: rank 0"));
  EXPECT_EQ(other.out, "");
  EXPECT_THAT(mixed("data", " --precision bf16").err,
              HasSubstr("--precision differs between ranks"));
}

// How often `text` has it.
int times(const std::string& text, const std::string& part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_F(Ranks, EndTogetherAtAnImageThatOneCannotRead) {
  write_class_folders(folder_ / "folders", {"a", "b", "c"}, 20, 28, 1);
  write_text(folder_ / "folders" / "b" / "7.png", "no picture");
  const std::string options =
      "train folders --finetune base.safetensors --batch-size 20 --epochs 9 --validation 0 "
      "--threads 1 --no-report --out run";
  const Outcome failed = run(3, options);
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(times(failed.err, "7.png is none of JPEG"), 1) << failed.err;
  EXPECT_THAT(failed.err, ContainsRegex("alexnet: rank [012] on [^ ]+: "));
  const Outcome skipped = run(3, options + " --on-bad-image skip --resume");
  EXPECT_EQ(skipped.code, 0) << skipped.err;
  EXPECT_THAT(skipped.err, HasSubstr("1 image could not be decoded and was left out"));
}

// The processes that mpirun has started.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    pid_t process = 0;
    pid_t above = 0;
    std::string name;
    std::string state;
    if (file >> process >> name >> state >> above && above == parent) found.push_back(process);
  }
  return found;
}

TEST_F(Ranks, GoOnWhereTheyWereKilled) {
  train(1, "whole", "--epochs 30");
  RandomStream random({.seed = 3});
  for (int kills = 0; kills < 20; ++kills) {
    const int ranks = 2 + static_cast<int>(random.below(3));
    const auto program =
        start(ranks, options("--epochs 30 --checkpoint-every 1 --resume --out killed"));
    const fs::path last = folder_ / "killed" / "last.safetensors";
    const auto before = fs::exists(last) ? fs::last_write_time(last) : fs::file_time_type::min();
    while (program->running() && (!fs::exists(last) || fs::last_write_time(last) == before)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::vector<pid_t> processes = children_of(program->process());
    ASSERT_EQ(processes.size(), static_cast<std::size_t>(ranks));
    kill(processes[random.below(static_cast<std::uint32_t>(ranks))], SIGKILL);
    const auto killed = std::chrono::steady_clock::now();
    const Outcome outcome = program->wait();
    EXPECT_LT(std::chrono::steady_clock::now() - killed, std::chrono::seconds(30));
    EXPECT_NE(outcome.code, 0);
    EXPECT_THAT(outcome.err, ContainsRegex("process rank [0-3] with PID [0-9]+ on node [^ ]+"));
  }
  train(3, "killed", "--epochs 30 --resume");
  expect_same_run("killed", "whole");
}

// As a machine does that is gone.
TEST_F(Ranks, EndWhereOneFallsSilent) {
  const auto program = start(3, options("--epochs 20000 --checkpoint-every 1 --out run"));
  while (program->running() && !fs::exists(folder_ / "run" / "last.safetensors")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(children_of(program->process()).back(), SIGSTOP);
  const Outcome outcome = program->wait();
  EXPECT_NE(outcome.code, 0);
  EXPECT_EQ(times(outcome.err, " has been silent for 15 s"), 1) << outcome.err;
  EXPECT_THAT(outcome.err, ContainsRegex("alexnet: rank [012] on [^ ]+ has been silent"));
}

TEST_F(Ranks, SaveWhenTheyAreToStop) {
  // Seconds in which mpirun lets them.
  setenv("OMPI_MCA_odls_base_sigkill_timeout", "5", 1);
  const std::string long_run = "--epochs 20000 --schedule plateau --patience 99999 ";
  for (const bool all : {true, false}) {
    const std::string into = all ? "all" : "one";
    const auto program = start(3, options(fmt::format("{}--out {}", long_run, into)));
    const fs::path last = folder_ / into / "last.safetensors";
    while (program->running() && !fs::exists(last)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (all) {
      program->send(SIGTERM);
    } else {
      kill(children_of(program->process()).back(), SIGTERM);
    }
    const Outcome outcome = program->wait();
    const auto state = nlohmann::json::parse(read_safetensors(last).metadata.at("training"));
    const std::string steps = std::to_string(state.at("step").get<int>());
    if (!all) {  // mpirun that is told to end may not pass on what its ranks still say
      EXPECT_THAT(outcome.err, HasSubstr("interrupted after step " + steps));
    }
    train(1, "until-" + into, fmt::format("{}--max-steps {}", long_run, steps));
    expect_same_tensors(into, "until-" + into);
  }
  unsetenv("OMPI_MCA_odls_base_sigkill_timeout");
}

}  // namespace
}  // namespace alexnet::test
