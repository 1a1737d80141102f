#pragma once

#include <alexnet/architecture.h>
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

#pragma GCC visibility push(default)
namespace alexnet {

/// Training that starts from the weights of another task, with their network, image size,
/// preprocessing and normalization. Where the classes differ, the last layer is initialised.
struct Finetune {
  std::string weights;           ///< a weights file or run folder; empty: train from scratch
  bool freeze_features = false;  ///< the convolutions are not trained
  float body_rate = 0.1F;        ///< of the learning rate, for all layers but the last
};

/// How training normalises pixels.
enum class NormalizationKind {
  channels,  ///< by mean and deviation of each channel, measured on the training set
  pixels,    ///< minus the training set's mean image, as bytes: 2012
  imagenet,  ///< by ImageNet's mean and deviation of each channel, as torchvision does
};

template <>
struct EnumNames<NormalizationKind> {
  static constexpr std::string_view kNoun = "normalization";
  static constexpr std::array<std::string_view, 3> kNames{"channels", "pixels", "imagenet"};
};

/// What each of several processes does of a step.
enum class Parallel {
  hybrid,  ///< its images in the convolutions, its rows of the weights in large fully-connected
           ///< layers: 96 % of AlexNet's weights, which are then never sent
  data,    ///< its images in all layers
};

template <>
struct EnumNames<Parallel> {
  static constexpr std::string_view kNoun = "way to divide a step";
  static constexpr std::array<std::string_view, 2> kNames{"hybrid", "data"};
};

/// Everything that decides a training run. Written to config.json, so that the run can be repeated.
/// The ranges of the values are those of `alexnet train --help`.
struct TrainConfig {
  std::string data;    ///< a known set's name or a path
  std::string recipe;  ///< that was applied first (recipe.h), for people to read; may be empty
  std::string model = "alexnet";
  Size image_size = 64;
  Finetune finetune;
  int epochs = 3;
  int batch_size = 64;
  SgdOptions sgd;
  ScheduleOptions schedule;
  Initializer initializer = kDefaultInitializer;
  float dropout = kDefaultDropout;
  float label_smoothing = 0.0F;
  TrainingPrecision precision = TrainingPrecision::fp32;
  Augmentation augmentation{.padding = 0, .flip = true};
  bool fast_decode = false;                    ///< see LoaderOptions
  OnBadImage on_bad_image = OnBadImage::stop;  ///< skipped ones are in bad_images.jsonl
  std::optional<Preprocess> preprocess;        ///< none: default_preprocess
  bool margin = false;  ///< small sets too are resized to image_size · 256 / 224 and cropped
  NormalizationKind normalization_kind = NormalizationKind::channels;
  std::optional<Normalization> normalization;  ///< none: as `normalization_kind` says
  std::string validation_data;     ///< images for validation, as `data`; empty: the set's own part
  double validation_share = 0.05;  ///< held out of the training set where there are none; 0: all
                                   ///< images are trained on, and the last epoch's weights are best
  std::uint64_t seed = 1;
  std::string engine = kDefaultEngine;  ///< one of engine_names(); bits differ between engines
  int threads = 0;                      ///< 0: all processors
  int workers = 1;                      ///< loader threads
  int parts = 1;  ///< that a batch is computed in, one after another or by several processes
                  ///< (`alexnet train` under mpirun); they are added in one order, so that the bits
                  ///< depend on this number and not on that of the processes
  Parallel parallel = Parallel::hybrid;  ///< of several processes; the bits are the same
  std::int64_t max_steps = 0;            ///< stop after this many steps; 0: no limit
  int log_every = 0;                     ///< steps between lines of metrics.jsonl; 0: at most 50,
                                         ///< and fewer where a run would not have 50 lines
  int checkpoint_every =
      0;  ///< steps between checkpoints besides those at each epoch's end; 0: none
  double checkpoint_minutes = 0;  ///< the same in time
  bool tensorboard = false;  ///< write what metrics.jsonl gets as TensorBoard's event files too
  std::string command;       ///< what the user typed, for people to read; may be empty
  bool accept_data_change = false;  ///< resume though the data changed; not kept in config.json
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
  Evaluation validation;  ///< of no images where there is no validation
  bool best = false;      ///< the highest validation top-1 so far, or as high with a lower loss
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
  double best_top1 = 0;        ///< on the validation set; -1: no validation so far
  std::size_t bad_images = 0;  ///< left out of this run so far
};

/// Trains into `run_folder` (config.json, metrics.jsonl, best.safetensors, last.safetensors, and
/// bad_images.jsonl where images are skipped), from the start or, with `resume`, from its
/// last.safetensors: then the weights come out bit for bit as if it had never stopped (where oneDNN
/// computes a layer, with the same number of threads). Resuming needs the configuration of the
/// earlier run, but for threads, workers, parallel, log_every, checkpoint_every,
/// checkpoint_minutes, on_bad_image, tensorboard and command, of which config.json keeps the values
/// that the run started with; the network is the one of last.safetensors. The data may lie
/// elsewhere; images and classes must be the same, unless accept_data_change. epochs, max_steps,
/// parts and the learning rate may be changed, and validation_share to 0: config.json then has the
/// new values, and the old ones under "resumed_with"; the bits are those of no other run. A
/// finished run is left unchanged; a folder without a run gets a new one, and a run without a
/// checkpoint begins anew, with any configuration. The folder is locked meanwhile. Stops after the
/// current step when `stop` becomes true, or while the training images are measured, before there
/// is a run. Throws Error; a loss that is not finite, or above 100 in the end, is one, naming step,
/// learning rate and the last good checkpoint: weights that give such a loss replace none. A folder
/// that holds a run when `resume` is false is another. What cannot be read on the way costs no
/// work: a checkpoint is written first.
TrainResult train(const TrainConfig& config, const std::filesystem::path& run_folder, bool resume,
                  TrainObserver& observer, const std::atomic<bool>& stop);

/// Trains this network in place of the one that config.model names; model, image_size and dropout
/// of the configuration are set from it. Its channels must be those of the preprocessing (of the
/// data, unless config.preprocess says otherwise), and its classes those of
/// the data. A run resumes with the architecture or, unless it is named like another network
/// (network_names), without, from load_train_config(run_folder); with another architecture it is
/// refused. Throws Error as above, and with config.finetune, which
/// takes the network of its weights.
TrainResult train(const Architecture& architecture, const TrainConfig& config,
                  const std::filesystem::path& run_folder, bool resume, TrainObserver& observer,
                  const std::atomic<bool>& stop);

/// The configuration of an earlier run. Throws Error when there is none or it is damaged.
TrainConfig load_train_config(const std::filesystem::path& run_folder);

}  // namespace alexnet
#pragma GCC visibility pop
