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
#include "data/sets/left_out.h"
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
void refuse_training_images(const TrainConfig& config, const Overlap& both) {
  if (!both.is_whole()) return;
  const bool own = config.validation_data.empty();
  throw Error(fmt::format(
      "{} holds the very images that are trained on; {}: a share of the training images is then "
      "held out{}",
      own ? fmt::format("the validation part of {}", config.data)
          : fmt::format("--val {}", config.validation_data),
      own ? "put others there, or remove it" : "name others, or leave it out", both.scope()));
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

// A part of DATA, null where it has none or it cannot be opened: what is wrong with a part that
// takes no part in training is for others to say.
DatasetPtr find_part(const TrainConfig& config, Split split) {
  try {
    return open_dataset(config.data, split);
  } catch (const Error&) {
    return nullptr;
  }
}

// Of a part, the images that are validated on too.
Overlap validated_on(const TrainingData& data, const Dataset& part) {
  return data.validation == nullptr || data.held_out ? Overlap() : overlap(*data.validation, part);
}

std::string path_of(const DatasetParts& parts, Split split) {
  const auto part = std::ranges::find(parts.parts, split, &DatasetParts::Part::split);
  return part == parts.parts.end() ? "" : part->path;
}

// Of parts that lie in one folder the paths are the same too.
bool are_links(const std::string& one, const std::string& other) {
  std::error_code absent;
  return one != other && std::filesystem::equivalent(one, other, absent);
}

// The test part is opened only beside other images for validation, which may be its own.
std::string test_text(const TrainConfig& config, const TrainingData& data,
                      const DatasetParts& parts) {
  const std::string path = path_of(parts, Split::test);
  if (path.empty()) return "has no test part";
  const char* const all = "that is its test part, so that none is left to test on";
  const char* const none = "leaves the test part alone";
  if (config.validation_data.empty()) {
    return are_links(path, path_of(parts, Split::validation)) ? all : none;
  }
  const DatasetPtr part = find_part(config, Split::test);
  const Overlap used = part == nullptr ? Overlap() : validated_on(data, *part);
  if (used.is_whole()) return fmt::format("{}{}", all, used.scope());
  if (used.images == 0) return fmt::format("{}{}", none, used.scope());
  return fmt::format("{}{} of these {} of its test part", used.is_complete() ? "" : "at least ",
                     used.images, used.images == 1 ? "is" : "are");
}

bool ignores_own_validation(const TrainConfig& config, const TrainingData& data,
                            const DatasetParts& parts) {
  if (config.validation_data.empty() || path_of(parts, Split::validation).empty()) return false;
  const DatasetPtr part = find_part(config, Split::validation);
  return part == nullptr || validated_on(data, *part).images == 0;
}

// The other parts.
std::string rest_text(const TrainConfig& config, const TrainingData& data) {
  const DatasetParts parts = describe_parts(config.data);
  std::vector<std::string> ignored = parts.ignored;
  if (ignores_own_validation(config, data, parts)) {
    ignored.insert(ignored.begin(), "its own validation part");
  }
  const std::string test = test_text(config, data, parts);
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

void describe(const TrainConfig& config, const TrainingData& data, TrainObserver& observer) {
  observer.message(fmt::format("{}: {}; {}; {}", config.data, training_text(data),
                               validation_text(config, data), rest_text(config, data)));
  const auto left_out = [&](const Dataset& dataset, Split split) {
    const std::string note = left_out_note(dataset, split);
    if (!note.empty()) observer.message(note);
  };
  left_out(*data.whole, Split::train);
  const std::string nested = note_on_nested_folders(*data.whole);
  if (!nested.empty()) observer.message(nested);
  if (data.validation == nullptr) return;
  if (!data.held_out) left_out(*data.validation, Split::validation);
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
  refuse_training_images(config, both);
  describe(config, data, observer);
  if (const std::string note = both.note(); !note.empty()) observer.message(note);
  return data;
}

DatasetPtr open_validation_data(const std::string& data) {
  if (DatasetPtr part = open_dataset(data, Split::validation)) return part;
  const std::vector<Split> parts = dataset_splits(data);
  if (parts.size() == 1) return open_dataset(data, parts.front());
  throw Error(fmt::format(
      "{} has several parts and none for validation; name the folder of one (--val)", data));
}

bool validates_on_test(const TrainConfig& config) {
  if (config.validation_data.empty()) return false;
  const DatasetPtr part = open_dataset(config.data, Split::test);
  return part != nullptr && validated_on(open_training_data(config), *part).is_whole();
}

const std::string& data_of_validation(const TrainConfig& config) {
  return config.validation_data.empty() ? config.data : config.validation_data;
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
