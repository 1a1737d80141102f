#pragma once

#include <alexnet/engine.h>
#include <alexnet/model.h>
#include <alexnet/schedule.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/run_files.h"
#include "engine/api/division.h"
#include "train/data_record.h"

namespace alexnet {

/// The checkpoint before a validation, until that is done.
inline constexpr const char* kPendingFile = "last.pending.safetensors";

/// Sums over training steps that become means.
struct RunningMean {
  double loss_sum = 0;  ///< of single images
  std::int64_t correct = 0;
  std::int64_t images = 0;

  void add(const StepResult& step, int count);
  double loss() const;
  double accuracy() const;
};

/// Where a run stands between two steps. With the seed it decides everything to come: every random
/// number is keyed by seed, epoch, step and sample.
struct TrainState {
  std::int64_t step = 0;  ///< steps done
  int epoch = 0;          ///< epochs done
  int batch = 0;          ///< batches done in the epoch that is under way
  RunningMean epoch_mean;
  RunningMean log_mean;         ///< since the last line of metrics.jsonl
  double log_seconds = 0;       ///< since that line
  double log_wait_seconds = 0;  ///< of these, waiting for the loader
  double epoch_seconds = 0;
  double best_top1 = -1;     ///< on the validation set; -1: none yet
  double best_loss = 1e300;  ///< of these weights; 0: unknown, of an earlier version
  Schedule::Plateau plateau;
  std::uint64_t metrics_bytes = 0;  ///< length of metrics.jsonl
  bool finished = false;
};

/// What last.safetensors holds.
struct Checkpoint {
  Parameters parameters;
  Parameters momentum;
  TrainState state;
};

/// `model` describes the network; its parameters are not used. Writes the weights under their own
/// names, the momentum under "momentum.NAME", and the state and what `data` it was trained on in
/// the metadata. Complete or absent. Of a division called by all its ranks: the first writes the
/// whole of what they have. Throws Error, alike on all.
void save_checkpoint(const std::filesystem::path& path, const Model& model,
                     const TrainingPlan& plan, const TrainState& state, const DataRecord& data,
                     const Division& division = {});

/// Throws Error when the file is damaged, not a checkpoint or not one of `architecture`.
Checkpoint load_checkpoint(const std::filesystem::path& path, const Architecture& architecture);

/// The state alone, without reading tensors. Throws Error.
TrainState load_train_state(const std::filesystem::path& path);

/// What the run was trained on, without reading tensors; none of a checkpoint of an earlier
/// version. Throws Error.
std::optional<DataRecord> load_data_record(const std::filesystem::path& path);

/// The network alone, without reading tensors. Throws Error.
Architecture load_architecture(const std::filesystem::path& path);

/// The names of its classes alone. Throws Error.
std::vector<std::string> load_classes(const std::filesystem::path& path);

/// Whether the folder has one, or one that a run put aside before a validation.
bool holds_checkpoint(const std::filesystem::path& run_folder);

/// Where a run ended in its validation, the checkpoint before that becomes the last. Throws Error.
void take_up_pending(const std::filesystem::path& run_folder);

/// The mean image alone, of a file that has one. Throws Error.
std::shared_ptr<const MeanImage> load_mean_image(const std::filesystem::path& path);

/// The weights alone, for best.safetensors; `parameters` are what the rank has. As save_checkpoint.
void save_weights(const std::filesystem::path& path, const Model& model,
                  const Parameters& parameters, const Division& division = {});

}  // namespace alexnet
