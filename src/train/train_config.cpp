#include "train/train_config.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "formats/json.h"
#include "formats/json_fields.h"
#include "train/environment.h"

namespace alexnet {
namespace {

using nlohmann::json;

constexpr const char* kFile = "config.json";
constexpr const char* kEnvironment = "made_with";
constexpr std::array kMayDiffer{"threads",      "workers",     "log_every", "checkpoint_every",
                                "on_bad_image", "tensorboard", "command"};

// A value with a name, such as an enumerator: written and read as its name.
template <class Value>
void visit_name(auto& visit, const char* field, Value& value, Value (*parse)(std::string_view)) {
  std::string name(to_string(value));
  visit(field, name);
  value = parse(name);
}

void visit_sgd(SgdOptions& sgd, auto& visit) {
  visit_name(visit, "sgd", sgd.convention, sgd_convention);
  visit("momentum", sgd.momentum);
  visit("weight_decay", sgd.weights.weight_decay);
  visit("weight_rate_multiplier", sgd.weights.learning_rate_multiplier);
  visit("bias_weight_decay", sgd.biases.weight_decay);
  visit("bias_rate_multiplier", sgd.biases.learning_rate_multiplier);
}

void visit_schedule(ScheduleOptions& schedule, auto& visit) {
  visit_name(visit, "schedule", schedule.kind, schedule_kind);
  visit("learning_rate", schedule.base_rate);
  visit("warmup_epochs", schedule.warmup_epochs);
  visit("patience", schedule.patience);
  visit_name(visit, "plateau_watches", schedule.watched, plateau_watches);
  visit("plateau_divisions", schedule.divisions);
}

void visit_input(TrainConfig& config, auto& visit) {
  Preprocess preprocess = config.preprocess.value_or(Preprocess{});
  visit("resize", preprocess.resize);
  visit("crop", preprocess.crop);
  visit("channels", preprocess.channels);
  config.preprocess = preprocess;
  Normalization normalization = config.normalization.value_or(Normalization{});
  visit("mean", normalization.mean);
  visit("deviation", normalization.deviation);
  config.normalization = normalization;
  visit("pad", config.augmentation.padding);
  visit("flip", config.augmentation.flip);
  visit("random_resized_crop", config.augmentation.resized_crop);
  visit("fast_decode", config.fast_decode);
  visit_name(visit, "on_bad_image", config.on_bad_image, on_bad_image);
  visit("square_crops", config.augmentation.square);
  visit("colour_noise", config.augmentation.colour.deviation);
  visit("colour_axes", config.augmentation.colour.axes);
  visit("margin", config.margin);
  visit_name(visit, "normalizing", config.normalizing, normalizing);
}

void visit_finetune(Finetune& finetune, auto& visit) {
  visit("finetune", finetune.weights);
  visit("freeze_features", finetune.freeze_features);
  visit("body_rate", finetune.body_rate);
}

void visit_fields(TrainConfig& config, auto& visit) {
  visit("data", config.data);
  visit("recipe", config.recipe);
  visit("model", config.model);
  visit("image_size", config.image_size);
  visit_finetune(config.finetune, visit);
  visit("epochs", config.epochs);
  visit("batch_size", config.batch_size);
  visit_sgd(config.sgd, visit);
  visit_schedule(config.schedule, visit);
  visit_name(visit, "initializer", config.initializer, initializer);
  visit("dropout", config.dropout);
  visit("label_smoothing", config.label_smoothing);
  visit_input(config, visit);
  visit("validation_share", config.validation_share);
  visit("seed", config.seed);
  visit("threads", config.threads);
  visit("workers", config.workers);
  visit("max_steps", config.max_steps);
  visit("log_every", config.log_every);
  visit("checkpoint_every", config.checkpoint_every);
  visit("tensorboard", config.tensorboard);
  visit("command", config.command);
}

json to_json(TrainConfig config) {
  FieldWriter writer;
  visit_fields(config, writer);
  return writer.take();
}

json to_json(const Environment& environment) {
  return {{"alexnet", environment.version},
          {"onednn", environment.onednn},
          {"compiler", environment.compiler},
          {"processor", environment.processor},
          {"processors", environment.processors}};
}

// Runs of earlier versions, which had fewer options, go on.
void add_what_was_not_written_yet(json& object) {
  const json defaults = to_json(TrainConfig{});
  for (const char* field :
       {"finetune", "freeze_features", "body_rate", "tensorboard", "command", "random_resized_crop",
        "fast_decode", "on_bad_image", "recipe", "plateau_watches", "plateau_divisions",
        "square_crops", "colour_noise", "colour_axes", "margin", "normalizing"}) {
    if (object.is_object() && !object.contains(field)) object[field] = defaults[field];
  }
}

void check_range(const char* field, double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    throw Error(fmt::format("the training option {} is {}; it must be from {} to {}", field, value,
                            low, high));
  }
}

// A mean image covers the centre square, and crops as large as the network's input.
void check_mean_image_crops(const Augmentation& augmentation) {
  if (augmentation.square && !augmentation.resized_crop && augmentation.padding == 0) return;
  throw Error(
      "a mean image is subtracted where a crop of the centre square lay, so it goes with neither "
      "random resized crops nor padding; leave these out or, where the network is new, normalise "
      "by channels (--normalize channels)");
}

}  // namespace

SgdConvention sgd_convention(std::string_view name) {
  for (const auto convention : {SgdConvention::pytorch, SgdConvention::krizhevsky2012}) {
    if (name == to_string(convention)) return convention;
  }
  throw Error(
      fmt::format("there is no SGD convention '{}'; choose one of pytorch, krizhevsky2012", name));
}

std::string_view to_string(SgdConvention convention) {
  return convention == SgdConvention::pytorch ? "pytorch" : "krizhevsky2012";
}

Normalizing normalizing(std::string_view name) {
  for (const auto candidate : {Normalizing::channels, Normalizing::pixels, Normalizing::imagenet}) {
    if (name == to_string(candidate)) return candidate;
  }
  throw Error(fmt::format(
      "there is no normalization '{}'; choose one of channels, pixels, imagenet", name));
}

std::string_view to_string(Normalizing normalizing) {
  switch (normalizing) {
    case Normalizing::channels:
      return "channels";
    case Normalizing::pixels:
      return "pixels";
    case Normalizing::imagenet:
      return "imagenet";
  }
  return "";
}

void check_config(const TrainConfig& config) {
  constexpr double kMany = 1e9;
  constexpr double kBelowOne = 0.999;
  check_range("epochs", config.epochs, 1, kMany);
  check_range("batch_size", config.batch_size, 1, kMany);
  check_range("momentum", config.sgd.momentum, 0, kBelowOne);
  for (const SgdGroup& group : {config.sgd.weights, config.sgd.biases}) {
    check_range("weight_decay", group.weight_decay, 0, 1);
    check_range("learning_rate_multiplier", group.learning_rate_multiplier, 0, kMany);
  }
  check_range("body_rate", config.finetune.body_rate, 0, kMany);
  check_range("dropout", config.dropout, 0, kBelowOne);
  check_range("label_smoothing", config.label_smoothing, 0, kBelowOne);
  check_range("augmentation.padding", config.augmentation.padding, 0, config.image_size);
  if (config.augmentation.resized_crop && config.augmentation.padding > 0) {
    throw Error("random resized crops take no padding; leave one of the two out");
  }
  check_range("colour_noise", config.augmentation.colour.deviation, 0, 1);
  if (config.normalizing == Normalizing::pixels) check_mean_image_crops(config.augmentation);
  check_range("validation_share", config.validation_share, 0, kBelowOne);
  check_range("threads", config.threads, 0, kMany);
  check_range("workers", config.workers, 1, kMany);
  check_range("max_steps", static_cast<double>(config.max_steps), 0, kMany);
  check_range("log_every", config.log_every, 1, kMany);
  check_range("checkpoint_every", config.checkpoint_every, 0, kMany);
}

void check_continues(const TrainConfig& before, const TrainConfig& now) {
  json earlier = to_json(before);
  json later = to_json(now);
  for (const char* field : kMayDiffer) {
    earlier.erase(field);
    later.erase(field);
  }
  for (const auto& [field, value] : earlier.items()) {
    if (value != later[field]) {
      throw Error(fmt::format(
          "cannot resume with another {}: the run began with {} and now it is {}; leave it out to "
          "continue, or start a new run",
          field, to_text(value), to_text(later[field])));
    }
  }
}

void save_train_config(const std::filesystem::path& run_folder, const TrainConfig& config) {
  json text = to_json(config);
  text[kEnvironment] = to_json(this_environment());
  constexpr int kIndent = 2;
  write_text_file(run_folder / kFile,
                  text.dump(kIndent, ' ', false, json::error_handler_t::replace) + "\n");
}

bool holds_run(const std::filesystem::path& run_folder) {
  return std::filesystem::exists(run_folder / kFile);
}

TrainConfig load_train_config(const std::filesystem::path& run_folder) {
  if (!holds_run(run_folder)) {
    throw Error(
        fmt::format("{} holds no training run (there is no {})", run_folder.string(), kFile));
  }
  const std::string source = (run_folder / kFile).string();
  json object = parse_json(read_text_file(source), source);
  add_what_was_not_written_yet(object);
  TrainConfig config;
  FieldReader reader(object, source);
  visit_fields(config, reader);
  reader.take(kEnvironment);
  reader.finish();
  check_config(config);
  return config;
}

}  // namespace alexnet
