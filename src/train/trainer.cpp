#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>

#include <utility>

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
  check_continues(before, config);
  return config;
}

std::optional<TrainState> finished_state(const fs::path& folder) {
  const fs::path last = folder / kLastFile;
  if (!fs::exists(last)) return std::nullopt;
  const TrainState state = load_train_state(last);
  return state.finished ? std::optional(state) : std::nullopt;
}

}  // namespace

TrainResult train_network(const NetworkMaker& make_network, const TrainConfig& config,
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
  settle_input(settled, *data.train);
  Run run(make_network, std::move(settled), data, run_folder, observer, stop);
  if (continues) run.restore();
  return run.train();
}

TrainResult train(const TrainConfig& config, const fs::path& run_folder, bool resume,
                  TrainObserver& observer, const std::atomic<bool>& stop) {
  const auto named = [](const TrainConfig& settled, int channels, int classes) {
    return network(settled.model, {.in_channels = channels,
                                   .classes = classes,
                                   .image_size = settled.image_size,
                                   .dropout = settled.dropout});
  };
  return train_network(named, config, run_folder, resume, observer, stop);
}

}  // namespace alexnet
