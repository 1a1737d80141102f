#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <iterator>
#include <sstream>
#include <thread>

#include "cli/program.h"
#include "support/same_weights.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

namespace fs = std::filesystem;

constexpr int kKills = 8;

std::vector<std::string> train_into(const std::string& run, bool resume) {
  std::istringstream options(
      "train data --model alexnet-2012 --batch-size 16 --epochs 2 --lr 0.005 --schedule plateau "
      "--pad 2 --threads 2 --workers 2 --checkpoint-every 2");
  std::vector<std::string> words(std::istream_iterator<std::string>(options), {});
  words.insert(words.end(), {"--out", run});
  if (resume) words.emplace_back("--resume");
  return words;
}

// kill -9 at random moments of start, steps, checkpoints and validations; each time the run
// resumes.
TEST(KilledTraining, ResumingGivesTheBitsOfAnUninterruptedRun) {
  const TempFolder folder;
  write_idx_dataset(folder / "data", 100, 10, 1);
  const auto start = std::chrono::steady_clock::now();
  const Outcome whole = run_program(train_into("whole", false), folder.path());
  ASSERT_EQ(whole.code, 0) << whole.err;
  const std::chrono::milliseconds whole_time =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                            start);

  RandomStream moments({.seed = 20});
  int killed = 0;
  for (int i = 0; i < kKills; ++i) {
    Program program(train_into("killed", true), folder.path());
    std::this_thread::sleep_for(whole_time / 2 * moments.unit());
    if (!program.running()) break;
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().code, 128 + SIGKILL);
    ++killed;
  }
  EXPECT_GE(killed, 2);
  const Outcome last = run_program(train_into("killed", true), folder.path());
  ASSERT_EQ(last.code, 0) << last.err;
  expect_same_weights(folder / "killed" / "last.safetensors",
                      folder / "whole" / "last.safetensors");
  expect_same_weights(folder / "killed" / "best.safetensors",
                      folder / "whole" / "best.safetensors");
}

}  // namespace
}  // namespace alexnet::test
