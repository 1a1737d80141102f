// What a run writes, and what it keeps when something fails.
#include <alexnet/error.h>
#include <alexnet/version.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "core/shell_word.h"
#include "core/system_error.h"
#include "train/run.h"
#include "train/run_space.h"
#include "train/train_config.h"

namespace alexnet {

namespace fs = std::filesystem;

void Run::open_files() {
  do_on_first(ranks_, [&] {
    require_space(folder_, model_.architecture.parameter_count());
    if (!resumes_) save_train_config(folder_, config_);
    log_.emplace(folder_, config_.tensorboard, state_);
  });
  if (any(ranks_, !changes_.empty())) save_changed_options();
}

// The first rank's, which has the run folder: a place of the same images may be another on each.
// A process that is killed between the two has its changes in config.json, and a checkpoint of
// before them, from which it goes on with them. Figures of other images for validation are not to
// be compared with.
void Run::save_changed_options() {
  announce_changes();
  do_on_first(ranks_, [&] { save_changes(folder_, changes_.options, changes_.data, state_.step); });
  if (!changes_.data.empty()) give_up_best();
  checkpoint();
}

void Run::give_up_best() {
  const TrainState none;
  state_.best_top1 = none.best_top1;
  state_.best_loss = none.best_loss;
  state_.plateau.best = none.plateau.best;
  state_.plateau.epochs_without_gain = 0;
  schedule_->restore(state_.plateau);
  do_on_first(ranks_, [&] {
    const fs::path best = folder_ / kBestFile;
    if (!fs::exists(best)) return;
    const fs::path kept = folder_ / fmt::format("best.before-step-{}.safetensors", state_.step);
    std::error_code error;
    fs::rename(best, kept, error);
    if (error) throw system_error(fmt::format("cannot rename {}", best.string()), error);
    observer_.message(fmt::format("the best weights so far are kept in {}", kept.string()));
  });
}

// Between two steps the state is consistent, whatever failed.
SharedError Run::after_keeping_work(const Error& error) {
  const std::string sentence = with_advice(error);
  if (state_.step == 0) return SharedError(sentence, error.kind());
  try {
    const bool kept = has_pending_ ? keep_pending() : checkpoint();
    if (!kept) return SharedError(sentence, error.kind());
  } catch (const Error& second) {
    return SharedError(fmt::format("{}; and the work since the last checkpoint is lost: {}",
                                   sentence, second.what()),
                       error.kind());
  }
  return SharedError(fmt::format("{}; the work up to step {} is kept: go on with alexnet train "
                                 "--resume --out {}",
                                 sentence, state_.step, shell_word(folder_.string())),
                     error.kind());
}

// Without validation the last weights are best.
void Run::save_best(const Evaluation& validation) {
  save_weights(folder_ / kBestFile, described(validation_loader_ ? &validation : nullptr),
               plan_->parameters(), division_);
  const TrainState none;
  state_.best_top1 = validation_loader_ ? validation.top1 : none.best_top1;
  state_.best_loss = validation_loader_ ? validation.loss : none.best_loss;
}

// Weights that are past help replace no checkpoint: from the older one the run comes here again, or
// goes on with a lower learning rate.
bool Run::checkpoint() {
  const bool good = !is_past_help();
  if (good) save_state(kLastFile);
  drop_pending();
  return good;
}

void Run::drop_pending() {
  do_on_first(ranks_, [&] { fs::remove(folder_ / kPendingFile); });
  has_pending_ = false;
}

// The checkpoint from before a validation that did not end.
bool Run::keep_pending() {
  const bool good = !is_past_help();
  if (good) do_on_first(ranks_, [&] { take_up_pending(folder_); });
  drop_pending();
  return good;
}

void Run::save_state(const char* file) {
  do_on_first(ranks_, [&] { state_.metrics_bytes = log_->sync(); });
  save_checkpoint(folder_ / file, described(nullptr), *plan_, state_, record_, division_);
  since_checkpoint_ = Stopwatch();
}

// The model with where it comes from.
Model Run::described(const Evaluation* validation) const {
  Model model{.architecture = model_.architecture,
              .classes = model_.classes,
              .preprocess = model_.preprocess,
              .normalization = model_.normalization};
  model.provenance = {{"data", config_.data},
                      {"data_fingerprint", record_.training.hash},
                      {"version", std::string(version())},
                      {"seed", std::to_string(config_.seed)},
                      {"step", std::to_string(state_.step)}};
  if (!config_.finetune.weights.empty()) {
    model.provenance["finetuned from"] = config_.finetune.weights;
  }
  if (validation != nullptr) {
    model.provenance["epoch"] = std::to_string(state_.epoch + 1);
    model.provenance["validation_loss"] = fmt::format("{:.4f}", validation->loss);
    model.provenance["validation_top1"] = fmt::format("{:.4f}", validation->top1);
  }
  return model;
}

}  // namespace alexnet
