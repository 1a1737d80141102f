#pragma once

#include <alexnet/engine.h>
#include <alexnet/model.h>
#include <alexnet/schedule.h>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace alexnet {

/// The files of a run folder: where training stands, and the weights with the best validation
/// top-1.
inline constexpr const char* kLastFile = "last.safetensors";
inline constexpr const char* kBestFile = "best.safetensors";

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
  double best_top1 = -1;  ///< on the validation set; -1: none yet
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
/// names, the momentum under "momentum.NAME" and the state in the metadata. Complete or absent.
/// Throws Error.
void save_checkpoint(const std::filesystem::path& path, const Model& model, TrainingPlan& plan,
                     const TrainState& state);

/// Throws Error when the file is damaged, not a checkpoint or not one of `architecture`.
Checkpoint load_checkpoint(const std::filesystem::path& path, const Architecture& architecture);

/// The state alone, without reading tensors. Throws Error.
TrainState load_train_state(const std::filesystem::path& path);

/// The mean image alone, of a file that has one. Throws Error.
std::shared_ptr<const MeanImage> load_mean_image(const std::filesystem::path& path);

/// The weights alone, for best.safetensors. Throws Error.
void save_weights(const std::filesystem::path& path, const Model& model,
                  const Parameters& parameters);

}  // namespace alexnet
