#pragma once

#include <alexnet/loader.h>
#include <alexnet/model.h>
#include <alexnet/trainer.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/stopwatch.h"
#include "ranks/comparison.h"
#include "ranks/together.h"
#include "train/bad_image_log.h"
#include "train/checkpoint.h"
#include "train/data_record.h"
#include "train/initial_state.h"
#include "train/resume.h"
#include "train/run_log.h"
#include "train/step_in_parts.h"
#include "train/training_data.h"

namespace alexnet {

/// The first of the facts that ranks compare.
inline constexpr const char* kRunState = "what the run folder holds";

/// One training run: the loop and what it works on. Several ranks do the same, each with its share
/// of the images; the first writes the run folder.
class Run {
 public:
  /// `config` is complete: preprocess and normalization are set; `record` is that of `data`. Writes
  /// nothing yet. Throws Error when data, network and options do not fit together.
  Run(InitialState state, TrainConfig config, const TrainingData& data, DataRecord record,
      std::filesystem::path folder, TrainObserver& observer, const std::atomic<bool>& stop,
      Communicator& ranks);

  /// Restores the last checkpoint; `changes` are those since. Throws Error.
  void restore(Changes changes);
  /// What must be the same on all ranks.
  std::vector<Fact> facts() const;
  /// Called by all ranks. Throws Error.
  TrainResult train();

 private:
  void set_length();
  void open_files();
  void save_changed_options();
  void give_up_best();
  void announce() const;
  std::string consequence_of_data() const;
  void announce_changes() const;
  bool train_epoch();
  void step();
  const Batch& load();
  bool stops() const;
  bool checkpoint_is_due() const;
  std::string new_bad_images(const Loader& loader, std::size_t& listed) const;
  void list_bad_images(const std::vector<std::string>& of_ranks, Split part);
  void list_bad_image(const BadImage& image, Split part);
  StepResult learn(const Batch& batch, double rate);
  StepResult compute(const Batch& batch);
  bool is_past_help();
  void log_step(double rate);
  void show_progress(double rate);
  std::optional<Evaluation> validate();
  void end_epoch(const Evaluation& validation);
  bool is_best(const Evaluation& validation) const;
  void save_best(const Evaluation& validation);
  bool checkpoint();
  bool keep_pending();
  void drop_pending();
  void save_state(const char* file);
  TrainResult result(bool interrupted) const;

  // Reads or writes; an Error costs no work.
  template <class Action>
  auto keeping_work(Action action);
  SharedError after_keeping_work(const Error& error);
  [[noreturn]] void fail_diverged(std::string_view what) const;
  std::string diverged(std::string_view what) const;

  int batches_in_epoch() const;
  Model described(const Evaluation* validation) const;
  std::string hash_of(Parameters& weights) const;
  void warn_if_stuck(double loss) const;

  TrainConfig config_;
  std::filesystem::path folder_;
  TrainObserver& observer_;
  const std::atomic<bool>& stop_;
  Communicator& ranks_;
  Division division_;
  StepInParts in_parts_;

  Model model_;  // without parameters: they live in the plan
  Loader loader_;
  std::optional<Loader> validation_loader_;
  const Batch* batch_ = nullptr;   // the last one; null once it is given back
  std::int64_t judged_step_ = -1;  // after so many steps the weights gave
  double judged_loss_ = 0;         // this loss
  DataRecord record_;
  bool resumes_ = false;
  Changes changes_;
  TrainState state_;
  std::int64_t total_steps_ = 0;
  int epochs_ = 0;
  std::optional<Schedule> schedule_;
  std::string weights_hash_;  // of several ranks
  std::unique_ptr<TrainingPlan> plan_;
  std::optional<RunLog> log_;  // of the first rank
  bool has_pending_ = false;   // a checkpoint that is put aside
  BadImageLog bad_images_;
  std::size_t listed_training_ = 0;  // of the loaders' bad images
  std::size_t listed_validation_ = 0;

  Stopwatch watch_;
  Stopwatch since_checkpoint_;
  double step_seconds_ = 0;  // smoothed
};

}  // namespace alexnet
