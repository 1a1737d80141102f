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
#include "train/validation_overlap.h"

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

// Whether the run was given any of these images for validation.
bool were_given(const Dataset& images, const fs::path& run) {
  if (run.empty() || !holds_run(run) || !fs::exists(run / kLastFile)) return false;
  try {
    const std::string given = load_train_config(run).validation_data;
    return !given.empty() && overlap(*open_validation_data(given), images).images > 0;
  } catch (const Error&) {  // they may be gone
    return false;
  }
}

bool is_data_of(const TrainConfig& config, const std::string& data) {
  std::error_code absent;
  return config.data == data || fs::equivalent(config.data, data, absent);
}

// What was held out of other images than there are now.
void refuse_unknown_hold_out(const TrainConfig& config, const std::string& data, Split wanted,
                             const std::string& change) {
  if (!config.validation_data.empty() || config.validation_share == 0) return;
  throw Error(fmt::format("{} has no {} part, and it has changed since the run was trained on it "
                          "({}), so what the run held out is not known; put it back as it was, or "
                          "evaluate other data, or these with --split train",
                          data, full_split_name(wanted), change),
              ErrorKind::not_found);
}

// What the run trained or validated on, where its training images are or (`changed`) were DATA's.
// Images that are held out now may have been trained on before.
EvaluationImages of_run(TrainConfig config, const std::string& data, Split split, bool changed) {
  config.data = data;
  TrainingData parts = open_training_data(config);
  if (split == Split::train) {
    return {.dataset = std::move(parts.train), .data = data, .split = split, .trained_on = true};
  }
  if (parts.validation == nullptr) {
    throw Error(fmt::format("the run trained on all images of {} and kept none for validation; "
                            "evaluate other data, or these with --split train",
                            data),
                ErrorKind::not_found);
  }
  return {.dataset = std::move(parts.validation),
          .data = data_of_validation(config),
          .split = split,
          .held_out = parts.held_out && !changed,
          .given = !config.validation_data.empty(),
          .was_changed = parts.held_out && changed,
          .trained_on = changed ? std::nullopt : std::optional(false)};
}

}  // namespace

std::string EvaluationImages::description(bool single) const {
  const char* images = single ? "image" : "images";
  if (held_out) {
    return fmt::format("validation {} that the run held out of its training images", images);
  }
  if (given && split != Split::validation) {
    return fmt::format("{} {} (the run chose its best weights by {})", image_kind(split), images,
                       single ? "it" : "them");
  }
  if (was_changed) {
    return fmt::format("validation {} (the run may have learned from {}, as its data changed)",
                       images, single ? "it" : "some");
  }
  if (trained_on.value_or(false)) {
    return fmt::format("training {} (the network was trained on {})", images,
                       single ? "it" : "them");
  }
  return fmt::format("{} {}", image_kind(split), images);
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
    if (DatasetPtr part = open_dataset(data, wanted)) {
      const bool given = were_given(*part, run);
      return {.dataset = std::move(part), .data = data, .split = wanted, .given = given};
    }
  }
  if (split != Split::test) {
    const auto change = difference_from_run(run, data);
    if (change && change->empty()) {
      return of_run(load_train_config(run), data, split.value_or(Split::validation),
                    has_changed_data(run));
    }
    if (change && wanted != Split::train) {
      const TrainConfig config = load_train_config(run);
      if (is_data_of(config, data)) {
        refuse_unknown_hold_out(config, data, wanted, *change);
        return of_run(config, data, Split::validation, true);
      }
    }
  }
  return {.dataset = require_dataset(data, wanted), .data = data, .split = wanted};
}

// A run never learns from the test part of its data. Without training images nothing is known.
std::optional<bool> was_trained_on(const EvaluationImages& images, const fs::path& run) {
  if (images.trained_on || images.split == Split::train) return images.trained_on;
  try {
    const auto change = difference_from_run(run, images.data);
    if (change && change->empty() && !has_changed_data(run)) return false;
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace alexnet
