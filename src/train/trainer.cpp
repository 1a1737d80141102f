#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "train/run.h"
#include "train/train_config.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

// The configuration that continues the run in `folder`: what is settled there stays settled.
TrainConfig continued(TrainConfig config, const fs::path& folder) {
  const TrainConfig before = load_train_config(folder);
  if (!config.preprocess) config.preprocess = before.preprocess;
  if (!config.normalization) config.normalization = before.normalization;
  if (config.augmentation.colour.axes.empty()) {
    config.augmentation.colour.axes = before.augmentation.colour.axes;
  }
  check_continues(before, config);
  const fs::path last = folder / kLastFile;  // before the first one it is measured again
  if (config.normalizing == Normalizing::pixels && !config.normalization->mean_image &&
      fs::exists(last)) {
    config.normalization->mean_image = load_mean_image(last);
  }
  return config;
}

std::optional<TrainState> finished_state(const fs::path& folder) {
  const fs::path last = folder / kLastFile;
  if (!fs::exists(last)) return std::nullopt;
  const TrainState state = load_train_state(last);
  return state.finished ? std::optional(state) : std::nullopt;
}

}  // namespace

TrainResult train_from(const BeginningMaker& begin, const TrainConfig& config,
                       const fs::path& run_folder, bool resume, TrainObserver& observer,
                       const std::atomic<bool>& stop) {
  check_config(config);
  const bool continues = holds_run(run_folder);
  if (continues && !resume) {
    throw Error(fmt::format(
        "{} already holds a training run; resume it (--resume) or choose another folder (--out)",
        run_folder.string()));
  }
  TrainConfig settled = continues ? continued(config, run_folder) : config;
  if (continues) {
    if (const auto state = finished_state(run_folder)) {
      observer.message(
          fmt::format("the run in {} is finished, after {} epochs and {} steps: nothing "
                      "to do",
                      run_folder.string(), state->epoch, state->step));
      return {.steps = state->step, .best_top1 = state->best_top1};
    }
  }
  const TrainingData data = open_training_data(settled);
  settle_input(settled, *data.train, observer, stop);
  Beginning beginning = begin(settled, data.train->classes());
  Run run(std::move(beginning), std::move(settled), data, run_folder, observer, stop);
  if (continues) run.restore();
  return run.train();
}

namespace {

TrainResult begin_finetuning(const TrainConfig& config, const fs::path& run_folder, bool resume,
                             TrainObserver& observer, const std::atomic<bool>& stop) {
  const fs::path weights = find_weights(config.finetune.weights);
  const Model base = load_model(weights);
  const std::string assumed = assumptions(base);
  if (!assumed.empty()) {
    observer.message(fmt::format("assumed, as {} does not say: {}", weights.string(), assumed));
  }
  const auto from_base = [&](const TrainConfig& settled, const std::vector<std::string>& classes) {
    observer.message(fmt::format("from {}, of {} classes; {}", weights.string(),
                                 base.classes.size(),
                                 classes == base.classes ? "the same" : "with a new last layer"));
    return pretrained(base, settled, classes);
  };
  return train_from(from_base, for_finetuning(config, base), run_folder, resume, observer, stop);
}

// The checkpoint has all that the run needs: what it began from may be gone.
TrainResult resume_finetuning(const TrainConfig& config, const fs::path& checkpoint,
                              TrainObserver& observer, const std::atomic<bool>& stop) {
  const fs::path run_folder = checkpoint.parent_path();
  const TrainConfig before = load_train_config(run_folder);
  TrainConfig settled = config;
  settled.model = before.model;
  settled.image_size = before.image_size;
  settled.normalizing = before.normalizing;
  settled.augmentation.square = before.augmentation.square;
  const auto from_checkpoint = [&](const TrainConfig&, const std::vector<std::string>&) {
    Model model = load_model(checkpoint);
    return Beginning{.architecture = std::move(model.architecture),
                     .parameters = std::move(model.parameters)};
  };
  return train_from(from_checkpoint, settled, run_folder, true, observer, stop);
}

TrainResult train_anyhow(const TrainConfig& config, const fs::path& run_folder, bool resume,
                         TrainObserver& observer, const std::atomic<bool>& stop) {
  if (config.finetune.weights.empty()) {
    return train_from(fresh, config, run_folder, resume, observer, stop);
  }
  const fs::path last = run_folder / kLastFile;
  if (resume && holds_run(run_folder) && fs::exists(last)) {
    return resume_finetuning(config, last, observer, stop);
  }
  return begin_finetuning(config, run_folder, resume, observer, stop);
}

}  // namespace

TrainResult train(const TrainConfig& config, const fs::path& run_folder, bool resume,
                  TrainObserver& observer, const std::atomic<bool>& stop) {
  try {
    return train_anyhow(config, run_folder, resume, observer, stop);
  } catch (const StoppedMeasuring&) {
    return {.interrupted = true};
  } catch (const ImageError& error) {
    throw Error(fmt::format("{}, or leave such images out with --on-bad-image skip", error.what()));
  }
}

}  // namespace alexnet
