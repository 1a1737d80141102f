#pragma once

#include <alexnet/trainer.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/temp_data.h"

/// Runs that take no time.
namespace alexnet::test {

constexpr int kTrainImages = 50;  // of which one of each class is held out: 5 batches of 8
constexpr int kBatches = 5;

// Small enough that a run takes no time, with dropout as the AlexNets have it.
inline Architecture small_network(int size, int channels = 1, int classes = 10) {
  return {.name = "small",
          .in_channels = channels,
          .height = size,
          .width = size,
          .layers = {Conv{.out_channels = 8, .kernel = 5, .stride = 4}, Relu{}, MaxPool{},
                     Flatten{}, Dropout{0.25F}, Linear{32}, Relu{}, Linear{classes}, LogSoftmax{}}};
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

inline std::vector<nlohmann::json> read_metrics(const std::filesystem::path& run) {
  std::vector<nlohmann::json> lines;
  std::ifstream file(run / "metrics.jsonl");
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// The lines without what depends on the clock.
inline std::vector<nlohmann::json> timeless_metrics(const std::filesystem::path& run) {
  std::vector<nlohmann::json> lines = read_metrics(run);
  for (nlohmann::json& line : lines) {
    for (const char* key : {"seconds", "images_per_second", "wait_seconds"}) line.erase(key);
  }
  return lines;
}

class Training : public testing::Test {
 protected:
  Training() {
    write_idx_dataset(folder_ / "data", kTrainImages, 10, 1);
    config_.data = (folder_ / "data").string();
    config_.image_size = 28;
    config_.epochs = 2;
    config_.batch_size = 8;
    config_.validation_share = 0.01;
    config_.schedule.base_rate = 0.02;
    config_.log_every = 2;
    config_.threads = 2;
  }

  TrainResult run(const std::filesystem::path& into, Recorder& recorder,
                  bool resume = false) const {
    return train(small_network(config_.image_size.height), config_, into, resume, recorder,
                 recorder.stop);
  }

  TempFolder folder_;
  TrainConfig config_;
  std::filesystem::path run_ = folder_ / "run";
};

}  // namespace alexnet::test
