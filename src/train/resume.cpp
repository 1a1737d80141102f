#include "train/resume.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/sets/relabelled.h"
#include "model/class_map.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

bool are_known(const ClassMap& map) {
  return map.by_name && map.unknown.empty();
}

// Whether the network of the run can learn from classes: see follow_classes.
bool can_follow(const std::vector<std::string>& now, const std::vector<std::string>& before) {
  try {
    return now == before || are_known(map_classes(now, before));
  } catch (const Error&) {
    return false;
  }
}

// In words; empty where it is the same.
std::string changed_data(const fs::path& checkpoint, const DataRecord& now, bool accept,
                         bool held_out) {
  const std::optional<DataRecord> before = load_data_record(checkpoint);
  if (!before) {
    if (accept) return "of the images before nothing is known";
    throw Error(fmt::format(
        "{}: an earlier version wrote it, without a record of its images, so it cannot be seen "
        "whether they are still the same; go on all the same with --accept-data-change",
        checkpoint.string()));
  }
  std::string change = difference(*before, now);
  if (change.empty() || accept) return change;
  if (!can_follow(now.training.classes, before->training.classes)) {
    throw Error(fmt::format(
        "the data is not what this run was trained on: {}; put it back as it was, or start a new "
        "run from its weights (--finetune), as its network does not know all of these classes",
        change));
  }
  throw Error(fmt::format(
      "the data is not what this run was trained on: {}; put it back as it was, start a new run, "
      "or go on with --accept-data-change: epochs then have other steps{}",
      change,
      held_out ? ", and the images held out for validation may be some that were trained on" : ""));
}

void follow_classes(const std::vector<std::string>& classes, const std::string& source,
                    DatasetPtr& dataset) {
  if (dataset == nullptr || dataset->classes() == classes) return;
  const ClassMap map = map_classes(dataset->classes(), classes);
  if (!are_known(map)) {
    const std::string& unknown = map.by_name ? map.unknown.front() : dataset->classes().front();
    throw Error(fmt::format(
        "{}: its network does not know the class '{}'; start a new run from its weights "
        "(--finetune)",
        source, unknown));
  }
  dataset = relabelled(std::move(dataset), classes, map);
}

}  // namespace

bool Changes::change_weights() const {
  return !data.empty() || std::ranges::any_of(options, &OptionChange::changes_weights);
}

Continuation continue_run(TrainConfig config, const fs::path& folder) {
  const TrainConfig before = load_train_config(folder);
  if (!config.preprocess) config.preprocess = before.preprocess;
  if (!config.normalization) config.normalization = before.normalization;
  if (config.augmentation.colour.axes.empty()) {
    config.augmentation.colour.axes = before.augmentation.colour.axes;
  }
  Changes changes{.options = check_continues(before, config), .data = {}};
  if (config.normalization_kind == NormalizationKind::pixels && !config.normalization->mean_image) {
    config.normalization->mean_image = load_mean_image(folder / kLastFile);
  }
  return {.config = std::move(config), .changes = std::move(changes)};
}

std::optional<TrainState> finished_state(const fs::path& folder, const TrainConfig& config) {
  const TrainState state = load_train_state(folder / kLastFile);
  const bool has_all_steps = config.max_steps > 0 && state.step >= config.max_steps;
  const bool ended = state.finished && (state.epoch >= config.epochs || has_all_steps);
  return ended ? std::optional(state) : std::nullopt;
}

std::string check_data(const fs::path& folder, const TrainConfig& config, const DataRecord& now,
                       TrainingData& data) {
  const fs::path last = folder / kLastFile;
  std::string change = changed_data(last, now, config.accept_data_change, data.held_out);
  const std::vector<std::string> classes = load_classes(last);
  follow_classes(classes, last.string(), data.train);
  follow_classes(classes, last.string(), data.validation);
  return change;
}

}  // namespace alexnet
