#pragma once

#include <alexnet/dataset.h>
#include <alexnet/engine.h>
#include <alexnet/evaluate.h>
#include <alexnet/parameters.h>
#include <alexnet/schedule.h>
#include <alexnet/transforms.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace alexnet {

/// "pytorch", "krizhevsky2012". Throws Error, listing them, on another name.
SgdConvention sgd_convention(std::string_view name);
std::string_view to_string(SgdConvention convention);

/// Training that goes on from weights of another task, at their image size, preprocessing and
/// normalization. With other classes the last layer begins anew.
struct Finetune {
  std::string weights;           ///< a weights file or run folder; empty: from scratch
  bool freeze_features = false;  ///< the convolutions stay as they are
  float body_rate = 0.1F;        ///< of the learning rate, for all layers but the last
};

/// How pixels are normalised where a run settles it.
enum class Normalizing {
  channels,  ///< by mean and deviation of each channel, measured on the training set
  pixels,    ///< less the training set's mean image, as bytes: 2012
  imagenet,  ///< by ImageNet's mean and deviation of each channel, as torchvision does
};

/// "channels", "pixels", "imagenet". Throws Error, listing them, on another name.
Normalizing normalizing(std::string_view name);
std::string_view to_string(Normalizing normalizing);

/// Everything that decides a training run. Written to config.json, so that the run can be repeated.
struct TrainConfig {
  std::string data;    ///< a known set's name or a path
  std::string recipe;  ///< the one that it began with (recipe.h), for people to read; or none
  std::string model = "alexnet";
  int image_size = 64;
  Finetune finetune;
  int epochs = 3;
  int batch_size = 64;
  SgdOptions sgd;
  ScheduleOptions schedule;
  Initializer initializer = Initializer::he;
  float dropout = 0.5F;
  float label_smoothing = 0.0F;
  Augmentation augmentation{.padding = 0, .flip = true};
  bool fast_decode = false;                    ///< see LoaderOptions
  OnBadImage on_bad_image = OnBadImage::stop;  ///< skipped ones are in bad_images.jsonl
  std::optional<Preprocess> preprocess;        ///< none: default_preprocess
  bool margin = false;  ///< small sets too are resized to image_size · 256 / 224 and cropped
  Normalizing normalizing = Normalizing::channels;
  std::optional<Normalization> normalization;  ///< none: as `normalizing` says
  double validation_share = 0.05;  ///< held out of the training set when it has no val folder
  std::uint64_t seed = 1;
  int threads = 0;             ///< 0: all processors
  int workers = 1;             ///< loader threads
  std::int64_t max_steps = 0;  ///< stop after this many steps; 0: no limit
  int log_every = 50;          ///< steps between lines of metrics.jsonl
  int checkpoint_every =
      0;  ///< steps between checkpoints besides those at each epoch's end; 0: none
  bool tensorboard = false;  ///< write what metrics.jsonl gets as TensorBoard's event files too
  std::string command;       ///< what the user typed, for people to read; may be empty
};

/// Progress as the user interface shows it.
struct TrainProgress {
  int epoch = 0;  ///< from 1
  int epochs = 0;
  int batch = 0;  ///< done in this epoch
  int batches = 0;
  std::int64_t step = 0;
  double loss = 0;      ///< mean over the epoch so far
  double accuracy = 0;  ///< share of this epoch's training images recognised so far
  double learning_rate = 0;
  double images_per_second = 0;
  double seconds_left = 0;  ///< of the whole run
};

struct EpochSummary {
  int epoch = 0;
  int epochs = 0;
  double train_loss = 0;
  double train_top1 = 0;
  Evaluation validation;
  bool best = false;  ///< the best validation top-1 so far
  double seconds = 0;
};

/// What a run tells its user. All are called from the training thread.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void message(const std::string& text) = 0;
  /// While the training images are read for their mean image or colours, before the first step.
  virtual void measuring(std::int64_t /*done*/, std::int64_t /*total*/) {}
  virtual void progress(const TrainProgress& progress) = 0;
  virtual void epoch_end(const EpochSummary& summary) = 0;
};

struct TrainResult {
  bool interrupted = false;  ///< stopped by `stop` before its end; a checkpoint of all steps, if
                             ///< there were any, was written
  std::int64_t steps = 0;
  double best_top1 = 0;        ///< on the validation set
  std::size_t bad_images = 0;  ///< left out of this run so far
};

/// Trains into `run_folder` (config.json, metrics.jsonl, best.safetensors, last.safetensors, and
/// bad_images.jsonl where images are skipped), from the start or, with `resume`, from its
/// last.safetensors: then the weights come out bit for bit as if it had never stopped (same thread
/// count). Resuming needs the configuration of the earlier run, but for threads, workers,
/// log_every, checkpoint_every, on_bad_image, tensorboard and command, of which config.json keeps
/// what the run began with; a finished run stays as it is, and a folder without a run gets a new
/// one. Stops after the current step when `stop` becomes true, and while the training images are
/// measured without having begun a run. Throws Error; a non-finite loss is one, naming step and
/// learning rate, and so is a folder that holds a run when `resume` is false.
TrainResult train(const TrainConfig& config, const std::filesystem::path& run_folder, bool resume,
                  TrainObserver& observer, const std::atomic<bool>& stop);

/// The configuration of an earlier run. Throws Error when there is none or it is damaged.
TrainConfig load_train_config(const std::filesystem::path& run_folder);

}  // namespace alexnet
