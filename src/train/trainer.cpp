#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/counted.h"
#include "core/shell_word.h"
#include "formats/common/input_convention.h"
#include "train/resume.h"
#include "train/run.h"
#include "train/run_lock.h"
#include "train/run_place.h"
#include "train/run_space.h"
#include "train/train_config.h"
#include "train/train_on_ranks.h"
#include "train/training_input.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::string_view last_layer_text(const std::vector<std::string>& base,
                                 const std::vector<std::string>& classes) {
  const auto rows = rows_of_classes(base, classes);
  if (!rows) return "with a new last layer";
  return std::ranges::is_sorted(*rows) ? "the same" : "the same in another order";
}

// Where a run gets its network and weights from, and its configuration, which follows the network.
struct Start {
  TrainConfig config;
  InitialStateMaker make_state;
  std::optional<Architecture> network;  // as far as it is known before the data
};

Start start_with(const Architecture& architecture, const TrainConfig& config) {
  const auto make = [architecture](const TrainConfig& settled, const std::vector<std::string>&) {
    return with_random_weights(architecture, settled);
  };
  return {.config = config_for_architecture(config, architecture),
          .make_state = make,
          .network = architecture};
}

Start start_finetuning(const TrainConfig& config, TrainObserver& observer) {
  const fs::path weights = find_weights(config.finetune.weights);
  const auto base = std::make_shared<const Model>(load_model(weights));
  const std::string assumed = assumptions(*base);
  if (!assumed.empty()) {
    observer.message(fmt::format("assumed, as {} does not say: {}", weights.string(), assumed));
  }
  if (const std::string rounded = rounded_before(*base); !rounded.empty()) {
    observer.message(fmt::format("{} was rounded: {}", weights.string(), rounded));
  }
  const auto make = [=, &observer](const TrainConfig& settled,
                                   const std::vector<std::string>& classes) {
    observer.message(fmt::format("from {}, of {} classes; {}", weights.string(),
                                 base->classes.size(), last_layer_text(base->classes, classes)));
    return pretrained_network(*base, settled, classes);
  };
  return {.config = config_for_finetuning(config, *base),
          .make_state = make,
          .network = with_classes(base->architecture, 1)};
}

// The checkpoint has all that the run needs; the weights that it started from may be gone, and its
// network need not be one with a name.
Start resume_from(const fs::path& checkpoint, const Architecture* architecture,
                  const TrainConfig& config) {
  const TrainConfig before = load_train_config(checkpoint.parent_path());
  const Architecture stored = load_architecture(checkpoint);
  if (stored.name != before.model) {
    throw Error(
        fmt::format("{}: its network is '{}' and that of the run is '{}'; put the run's "
                    "file there, or start a new run",
                    checkpoint.string(), stored.name, before.model));
  }
  if (architecture == nullptr && is_network_name(before.model) && before.finetune.weights.empty() &&
      stored != make_network(before.model, {.in_channels = stored.in_channels,
                                            .classes = stored.classes(),
                                            .image_size = before.image_size,
                                            .dropout = before.dropout})) {
    throw Error(fmt::format(
        "{}: its network is not '{}' as the run's configuration has it; put the run's file there, "
        "give its architecture, or start a new run",
        checkpoint.string(), before.model));
  }
  if (architecture != nullptr && *architecture != stored) {
    throw Error(
        fmt::format("{}: holds another network than the one given to resume with; give that of "
                    "the run or none, or start a new run",
                    checkpoint.string()));
  }
  Start start{.config = config,
              .make_state =
                  [checkpoint](const auto&, const auto&) {
                    Model model = load_model(checkpoint);
                    return InitialState{.architecture = std::move(model.architecture),
                                        .parameters = std::move(model.parameters)};
                  },
              .network = stored};
  if (architecture != nullptr) {
    start.config = config_for_architecture(config, *architecture);
  } else if (!config.finetune.weights.empty()) {
    start.config.model = before.model;
    start.config.image_size = before.image_size;
    start.config.normalization_kind = before.normalization_kind;
    start.config.augmentation.central = before.augmentation.central;
  }
  return start;
}

Start find_start(const Architecture* architecture, const TrainConfig& config,
                 const fs::path& run_folder, bool resumes, TrainObserver& observer) {
  const bool finetunes = !config.finetune.weights.empty();
  if (architecture != nullptr && finetunes) {
    throw Error("finetuning takes the network of its weights; give no architecture with it");
  }
  if (resumes) return resume_from(run_folder / kLastFile, architecture, config);
  if (finetunes) return start_finetuning(config, observer);
  if (architecture != nullptr) return start_with(*architecture, config);
  if (holds_run(run_folder) && !is_network_name(config.model)) {
    throw Error(fmt::format(
        "{} holds no checkpoint and its network '{}' cannot be made by name; give its architecture "
        "again, or start a new run",
        run_folder.string(), config.model));
  }
  return {.config = config, .make_state = named_network, .network = {}};
}

// Of the network by name at least what it has with one class.
void require_space_for(const Start& start, const TrainConfig& config, const fs::path& run_folder) {
  const Architecture network =
      start.network ? *start.network
                    : make_network(config.model, {.classes = 1, .image_size = config.image_size});
  require_space(run_folder, network.parameter_count());
}

// A run that was started elsewhere may not find its data.
TrainingData open_data(const TrainConfig& config, const fs::path& run_folder,
                       TrainObserver& observer) {
  try {
    return open_training_data(config, observer);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found || !holds_run(run_folder)) throw;
    throw Error(fmt::format("{}; if the run's data lies elsewhere, say where: alexnet train DATA{} "
                            "--resume --out {}",
                            error.what(), config.validation_data.empty() ? "" : " --val DATA",
                            shell_word(run_folder.string())),
                error.kind());
  }
}

TrainResult nothing_to_do(const fs::path& run_folder, const TrainState& state,
                          const TrainConfig& config, TrainObserver& observer) {
  const bool by_steps = config.max_steps > 0 && state.step >= config.max_steps;
  observer.message(fmt::format(
      "the run in {} is finished, after {}{}: nothing to do; more {} continue it",
      run_folder.string(), by_steps ? "" : fmt::format("{} and ", counted(state.epoch, "epoch")),
      counted(state.step, "step"), by_steps ? "--max-steps (0: no limit)" : "--epochs"));
  return {.steps = state.step, .best_top1 = state.best_top1};
}

void require_parts_for(const Communicator& ranks, const TrainConfig& config) {
  if (ranks.size() <= config.parts) return;
  if (ranks.size() > config.batch_size) {
    throw Error(fmt::format(
        "{} processes cannot share batches of {}; use fewer processes, or larger batches "
        "(--batch-size)",
        ranks.size(), config.batch_size));
  }
  throw Error(fmt::format(
      "{} processes cannot share batches that are computed in {} part{}; use as many parts or more "
      "(--parts {}): the weights depend on that number, but not on that of the processes",
      ranks.size(), config.parts, config.parts == 1 ? "" : "s", ranks.size()));
}

// A run that is ready for its next step, or what there is to say where nothing is to be done.
struct Prepared {
  std::unique_ptr<Run> run;
  TrainResult result;
};

Prepared prepare(const Start& start, const fs::path& run_folder, bool resumes,
                 TrainObserver& observer, const std::atomic<bool>& stop, Communicator& ranks) {
  check_config(start.config);
  require_parts_for(ranks, start.config);
  Continuation continuation{.config = start.config, .changes = {}};
  if (resumes) continuation = continue_run(start.config, run_folder);
  auto& [config, changes] = continuation;
  // Alone, another place of the data is looked at. Ranks may have places of their own.
  const bool same = ranks.size() > 1 ? !changes.change_weights() : changes.empty();
  if (resumes && same && !config.accept_data_change) {
    if (const auto state = finished_state(run_folder, config)) {
      return {.run = nullptr, .result = nothing_to_do(run_folder, *state, config, observer)};
    }
  }
  require_space_for(start, config, run_folder);
  TrainingData data = open_data(config, run_folder, observer);
  if (!resumes && holds_run(run_folder)) {
    observer.message(fmt::format("{} holds no checkpoint yet: starting from the first step",
                                 run_folder.string()));
  }
  DataRecord record = record_of(data);
  if (resumes) changes.data = check_data(run_folder, config, record, data);
  settle_input(config, *data.train, observer, stop);
  InitialState state = start.make_state(config, data.train->classes());
  check_fits_data(state.architecture, config, data.train->classes());
  auto run = std::make_unique<Run>(std::move(state), std::move(config), data, std::move(record),
                                   run_folder, observer, stop, ranks);
  if (resumes) run->restore(std::move(changes));
  return {.run = std::move(run), .result = {}};
}

Prepared prepare(const Architecture* architecture, const TrainConfig& config,
                 const fs::path& run_folder, TrainObserver& observer, const std::atomic<bool>& stop,
                 Communicator& ranks) {
  const bool resumes = holds_run(run_folder) && holds_checkpoint(run_folder);
  try {
    const Start start = find_start(architecture, config, run_folder, resumes, observer);
    return prepare(start, run_folder, resumes, observer, stop, ranks);
  } catch (const StoppedMeasuring&) {
    return {.run = nullptr, .result = {.interrupted = true}};
  } catch (const ImageError& error) {
    throw Error(with_advice(error), error.kind());
  }
}

void take_folder(const fs::path& run_folder, const TrainConfig& config, bool resume,
                 std::optional<RunLock>& lock) {
  refuse_place_of_images(run_folder, config);
  lock.emplace(run_folder);
  const bool holds = holds_run(run_folder);
  if (holds && !resume) {
    throw Error(fmt::format(
        "{} already holds a training run; resume it (--resume) or choose another folder (--out)",
        run_folder.string()));
  }
  if (holds) take_up_pending(run_folder);
}

// The folder is tried before any data is read. A run without a checkpoint has nothing to go on from
// and begins anew, whatever its options.
TrainResult train(const Architecture* architecture, const TrainConfig& config,
                  const fs::path& run_folder, bool resume, TrainObserver& observer,
                  const std::atomic<bool>& stop, Communicator& ranks) {
  std::optional<RunLock> lock;
  do_on_first(ranks, [&] { take_folder(run_folder, config, resume, lock); });
  Prepared prepared;
  do_together(ranks,
              [&] { prepared = prepare(architecture, config, run_folder, observer, stop, ranks); });
  if (any(ranks, prepared.result.interrupted)) return {.interrupted = true};
  if (prepared.run == nullptr) {
    require_same(ranks, {{kRunState, "a finished run"}});
    return prepared.result;
  }
  if (ranks.size() > 1) require_same(ranks, prepared.run->facts());
  return prepared.run->train();
}

}  // namespace

TrainResult train(const TrainConfig& config, const fs::path& run_folder, bool resume,
                  TrainObserver& observer, const std::atomic<bool>& stop) {
  return train(nullptr, config, run_folder, resume, observer, stop, *alone());
}

TrainResult train(const TrainConfig& config, const fs::path& run_folder, bool resume,
                  TrainObserver& observer, const std::atomic<bool>& stop, Communicator& ranks) {
  return train(nullptr, config, run_folder, resume, observer, stop, ranks);
}

TrainResult train(const Architecture& architecture, const TrainConfig& config,
                  const fs::path& run_folder, bool resume, TrainObserver& observer,
                  const std::atomic<bool>& stop) {
  return train(&architecture, config, run_folder, resume, observer, stop, *alone());
}

}  // namespace alexnet
