#include "train/training_data.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "data/sets/class_check.h"
#include "data/sets/fingerprint.h"
#include "data/sets/relabelled.h"
#include "data/sets/split.h"
#include "model/class_map.h"
#include "train/validation_overlap.h"

namespace alexnet {

namespace {

DatasetPtr open_training_part(const std::string& data) {
  if (DatasetPtr part = open_dataset(data, Split::train)) return part;
  std::vector<std::string_view> there;
  for (const Split part : dataset_splits(data)) there.push_back(split_name(part));
  throw Error(fmt::format("{} has no training part, only {}; give data that has one, or rename the "
                          "folder if its images are for training",
                          data, fmt::join(there, " and ")),
              ErrorKind::not_found);
}

// The part that is named, or all there is.
DatasetPtr open_validation_data(const std::string& data) {
  if (DatasetPtr part = open_dataset(data, Split::validation)) return part;
  const std::vector<Split> parts = dataset_splits(data);
  if (parts.size() == 1) return open_dataset(data, parts.front());
  throw Error(fmt::format(
      "{} has several parts and none for validation; name the folder of one (--val)", data));
}

// With labels as the training images have them.
void set_validation(TrainingData& data, DatasetPtr validation) {
  const std::vector<std::string>& classes = data.train->classes();
  const ClassMap map = map_classes(validation->classes(), classes);
  data.validation = relabelled(std::move(validation), classes, map);
  data.by_number = !map.by_name;
  if (data.validation->size() == 0) {
    throw Error("none of the images for validation is of a training class; give others (--val)");
  }
}

Overlap training_images_in_validation(const TrainingData& data) {
  if (data.validation == nullptr || data.held_out) return {};
  return overlap(*data.whole, *data.validation);
}

// All of them are a mistake; a few are for people to know of.
void refuse_training_images(const TrainConfig& config, const TrainingData& data,
                            const Overlap& both) {
  if (both.images == 0 || both.images < data.validation->size()) return;
  const bool own = config.validation_data.empty();
  throw Error(fmt::format(
      "{} holds the very images that are trained on; {}: a share of the training images is then "
      "held out",
      own ? fmt::format("the validation part of {}", config.data)
          : fmt::format("--val {}", config.validation_data),
      own ? "put others there, or remove it" : "name others, or leave it out"));
}

// "3 files (a broken link: cat/7.jpg)"
std::string left_out_text(const Dataset& dataset) {
  std::vector<std::string> rows;
  for (const LeftOut& row : dataset.left_out()) {
    rows.push_back(fmt::format("{} file{} ({}: {})", row.files, row.files == 1 ? "" : "s",
                               row.reason, row.example));
  }
  return fmt::format("{}", fmt::join(rows, ", "));
}

std::string training_text(const TrainingData& data) {
  if (!data.held_out) return fmt::format("trains on {} images", data.train->size());
  return fmt::format("trains on {} of {} images, without the {} held out", data.train->size(),
                     data.whole->size(), data.validation->size());
}

std::string validation_text(const TrainConfig& config, const TrainingData& data) {
  if (data.validation == nullptr) {
    return "does not validate, so that the last epoch's weights are the best ones";
  }
  const std::string others =
      config.validation_data.empty() ? "a part of their own" : config.validation_data;
  return fmt::format("validates on {} ({})", data.validation->size(),
                     data.held_out ? "held out" : others);
}

bool is_given_for_validation(const TrainConfig& config, const std::string& part) {
  std::error_code absent;
  return part == config.validation_data ||
         std::filesystem::equivalent(part, config.validation_data, absent);
}

// The other parts.
std::string rest_text(const TrainConfig& config) {
  const DatasetParts there = describe_parts(config.data);
  std::vector<std::string> ignored = there.ignored;
  const char* test = "has no test part";
  const bool given = !config.validation_data.empty() && config.validation_data != config.data;
  for (const auto& [split, path] : there.parts) {
    const bool taken = given && is_given_for_validation(config, path);
    if (split == Split::test) {
      test = taken ? "that is its test part, so that none is left to test on"
                   : "leaves the test part alone";
    }
    if (split == Split::validation && given && !taken) {
      ignored.insert(ignored.begin(), "its own validation part");
    }
  }
  return ignored.empty() ? test : fmt::format("{}; ignores {}", test, fmt::join(ignored, ", "));
}

// One image more or less is much where there are few.
void warn_of_few(const TrainingData& data, TrainObserver& observer) {
  constexpr std::size_t kFew = 100;
  constexpr std::size_t kFewOfAClass = 5;
  const Dataset& validation = *data.validation;
  const std::size_t images = validation.size();
  if (images >= kFew && images >= kFewOfAClass * validation.classes().size()) return;
  const std::string few =
      images == 1 ? "1 image for validation is little: it is all of the accuracy"
                  : fmt::format(
                        "{} images for validation are few: one of them is {:.1f} % of the "
                        "accuracy, so small differences say little",
                        images, 100.0 / static_cast<double>(images));
  observer.message(
      fmt::format("{}{}", few, data.held_out ? "; a larger --validation holds out more" : ""));
}

void warn_of_overlap(const TrainingData& data, const Overlap& both, TrainObserver& observer) {
  if (both.images == 0) return;
  observer.message(fmt::format(
      "{} of the {} images for validation {} trained on too, such as {}: the accuracy will look "
      "better than it is",
      both.images, data.validation->size(), both.images == 1 ? "is" : "are", both.example));
}

void describe(const TrainConfig& config, const TrainingData& data, TrainObserver& observer) {
  observer.message(fmt::format("{}: {}; {}; {}", config.data, training_text(data),
                               validation_text(config, data), rest_text(config)));
  const auto left_out = [&](const char* what, const Dataset& dataset) {
    const std::string text = left_out_text(dataset);
    if (!text.empty()) observer.message(fmt::format("left out of the {} images: {}", what, text));
  };
  left_out("training", *data.whole);
  const std::string nested = note_on_nested_folders(*data.whole);
  if (!nested.empty()) observer.message(nested);
  if (data.validation == nullptr) return;
  if (!data.held_out) left_out("validation", *data.validation);
  warn_of_few(data, observer);
  if (!data.by_number) return;
  observer.message(
      "no class of the validation images has a training class's name: labels are compared by "
      "number, which is wrong where the order differs");
}

}  // namespace

TrainingData open_training_data(const TrainConfig& config) {
  TrainingData data{.train = open_training_part(config.data), .validation = {}, .whole = {}};
  data.whole = data.train;
  require_several_classes(*data.train);
  DatasetPtr validation = config.validation_data.empty()
                              ? open_dataset(config.data, Split::validation)
                              : open_validation_data(config.validation_data);
  if (validation != nullptr) {
    set_validation(data, std::move(validation));
  } else if (config.validation_share > 0) {
    HoldOut parts = hold_out(data.train, config.validation_share, config.seed);
    data.train = std::move(parts.train);
    data.validation = std::move(parts.validation);
    data.held_out = true;
  }
  return data;
}

TrainingData open_training_data(const TrainConfig& config, TrainObserver& observer) {
  TrainingData data = open_training_data(config);
  const Overlap both = training_images_in_validation(data);
  refuse_training_images(config, data, both);
  describe(config, data, observer);
  warn_of_overlap(data, both, observer);
  return data;
}

DataRecord record_of(const TrainingData& data) {
  DataRecord record{.training = fingerprint(*data.whole), .validation = {}};
  if (data.validation != nullptr && !data.held_out) {
    record.validation = fingerprint(*data.validation);
  }
  return record;
}

std::string with_advice(const Error& error) {
  if (dynamic_cast<const ImageError*>(&error) == nullptr) return error.what();
  return fmt::format("{}, or leave such images out with --on-bad-image skip", error.what());
}

}  // namespace alexnet
