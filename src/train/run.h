#pragma once

#include <alexnet/loader.h>
#include <alexnet/model.h>
#include <alexnet/trainer.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "train/bad_image_log.h"
#include "train/beginning.h"
#include "train/checkpoint.h"
#include "train/run_log.h"
#include "train/training_data.h"

namespace alexnet {

/// `train` from any beginning; see <alexnet/trainer.h>.
TrainResult train_from(const BeginningMaker& begin, const TrainConfig& config,
                       const std::filesystem::path& run_folder, bool resume,
                       TrainObserver& observer, const std::atomic<bool>& stop);

/// One training run: the loop and what it works on.
class Run {
 public:
  /// `config` is complete: preprocess and normalization are set. Writes nothing yet. Throws Error
  /// when data, network and options do not fit together.
  Run(Beginning beginning, TrainConfig config, const TrainingData& data,
      std::filesystem::path folder, TrainObserver& observer, const std::atomic<bool>& stop);

  /// Goes back to the last checkpoint; without one the run begins anew. Throws Error.
  void restore();
  /// Throws Error.
  TrainResult train();

 private:
  void open_files();
  void announce() const;
  bool train_epoch();
  void step();
  const Batch& load();
  void list_bad_images(const Loader& loader, std::size_t& listed);
  StepResult learn(const Batch& batch, double rate);
  void log_step(double rate);
  void show_progress(double rate);
  std::optional<Evaluation> validate();
  void end_epoch(const Evaluation& validation);
  void checkpoint();
  TrainResult result(bool interrupted) const;

  int batches_in_epoch() const;
  double lap();
  Model described(const Evaluation* validation) const;
  void warn_if_stuck(double loss) const;

  TrainConfig config_;
  std::filesystem::path folder_;
  TrainObserver& observer_;
  const std::atomic<bool>& stop_;

  Model model_;  // without parameters: they live in the plan
  Loader loader_;
  Loader validation_loader_;
  std::int64_t total_steps_;
  int epochs_;
  Schedule schedule_;
  std::unique_ptr<TrainingPlan> plan_;
  std::optional<RunLog> log_;
  BadImageLog bad_images_;
  std::size_t listed_training_ = 0;  // of the loaders' bad images
  std::size_t listed_validation_ = 0;
  TrainState state_;

  std::chrono::steady_clock::time_point last_lap_;
  double step_seconds_ = 0;  // smoothed
};

}  // namespace alexnet
