#include "train/evaluation_images.h"

#include <alexnet/error.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "data/sets/fingerprint.h"
#include "data/sets/split.h"
#include "train/checkpoint.h"
#include "train/train_config.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

// How DATA's training images differ from those of the run at `run`; empty where they do not, and
// none where it is not known.
std::optional<std::string> difference_from_run(const fs::path& run, const std::string& data) {
  const fs::path last = run / kLastFile;
  if (run.empty() || !holds_run(run) || !fs::exists(last)) return std::nullopt;
  const std::optional<DataRecord> record = load_data_record(last);
  const DatasetPtr training = open_dataset(data, Split::train);
  if (!record || training == nullptr) return std::nullopt;
  return difference(record->training, fingerprint(*training));
}

// What the run trained and validated on, where its training images were DATA's.
TrainingData data_of_run(const fs::path& run, const std::string& data) {
  TrainConfig config = load_train_config(run);
  config.data = data;
  return open_training_data(config);
}

// A run never opens the test part of its data. Without training images nothing is known.
std::optional<bool> trained_on_other_part(const fs::path& run, const std::string& data) {
  try {
    const auto change = difference_from_run(run, data);
    if (change && change->empty() && !has_changed_data(run)) return false;
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

void refuse_changed_data(const fs::path& run, const std::string& data, Split wanted,
                         const std::string& change) {
  const std::string before = load_train_config(run).data;
  std::error_code absent;
  if (before != data && !fs::equivalent(before, data, absent)) return;
  throw Error(fmt::format("{} has no {} part, and it has changed since the run was trained on it "
                          "({}), so what the run held out is not known; put it back as it was, or "
                          "evaluate other data, or these with --split train",
                          data, full_split_name(wanted), change),
              ErrorKind::not_found);
}

// Images that are held out now may have been trained on before the data changed.
EvaluationImages of_run(TrainingData data, Split split, const std::string& name, bool changed) {
  if (split == Split::train) {
    return {.dataset = std::move(data.train), .split = split, .trained_on = true};
  }
  if (data.validation == nullptr) {
    throw Error(fmt::format("the run trained on all images of {} and kept none for validation; "
                            "evaluate other data, or these with --split train",
                            name),
                ErrorKind::not_found);
  }
  return {.dataset = std::move(data.validation),
          .split = split,
          .held_out = data.held_out && !changed,
          .was_changed = data.held_out && changed,
          .trained_on = changed ? std::nullopt : std::optional(false)};
}

}  // namespace

std::string EvaluationImages::description(bool single) const {
  const char* images = single ? "image" : "images";
  if (held_out) {
    return fmt::format("validation {} that the run held out of its training images", images);
  }
  if (was_changed) {
    return fmt::format("validation {} (the run may have learned from {}, as its data changed)",
                       images, single ? "it" : "some");
  }
  if (trained_on.value_or(false)) {
    return fmt::format("training {} (the network was trained on {})", images,
                       single ? "it" : "them");
  }
  return fmt::format("{} {}", split == Split::train ? "training" : full_split_name(split), images);
}

std::string change_of_data(const fs::path& run, const TrainingData& data) {
  const fs::path last = run / kLastFile;
  const auto record = fs::exists(last) ? load_data_record(last) : std::nullopt;
  return record ? difference(*record, record_of(data)) : "";
}

EvaluationImages evaluation_images(const std::string& data, std::optional<Split> split,
                                   const fs::path& run) {
  const Split wanted = split.value_or(Split::test);
  if (wanted != Split::train) {
    DatasetPtr part = open_dataset(data, wanted);
    if (part != nullptr) {
      return {.dataset = std::move(part),
              .split = wanted,
              .trained_on = trained_on_other_part(run, data)};
    }
  }
  if (split != Split::test) {
    const auto change = difference_from_run(run, data);
    if (change && change->empty()) {
      return of_run(data_of_run(run, data), split.value_or(Split::validation), data,
                    has_changed_data(run));
    }
    if (change && wanted != Split::train) refuse_changed_data(run, data, wanted, *change);
  }
  return {.dataset = require_dataset(data, wanted), .split = wanted};
}

}  // namespace alexnet
