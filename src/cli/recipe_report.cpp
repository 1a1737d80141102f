#include "cli/recipe_report.h"

#include <alexnet/dataset.h>
#include <alexnet/recipe.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "cli/text.h"
#include "train/option_table.h"

namespace alexnet::cli {
namespace {

std::string describe_schedule(const TrainConfig& config) {
  const ScheduleOptions& schedule = config.schedule;
  std::string text = fmt::format("{}", schedule.base_rate);
  switch (schedule.kind) {
    case ScheduleKind::cosine:
      text += ", half a cosine to zero";
      break;
    case ScheduleKind::step:
      text += fmt::format(", ÷10 after each third of the run ({} epochs)", config.epochs / 3);
      break;
    case ScheduleKind::plateau:
      text += fmt::format(
          ", ÷10 when the validation {} stalls for {} epochs{}", to_string(schedule.watched),
          schedule.patience,
          schedule.divisions > 0 ? fmt::format(", {} times at most", schedule.divisions) : "");
      break;
    case ScheduleKind::polynomial:
      text += ", as a square to zero";
      break;
  }
  if (schedule.warmup_epochs > 0) text += fmt::format(", warm-up {}", schedule.warmup_epochs);
  return text;
}

std::string describe_sgd(const TrainConfig& config) {
  const SgdOptions& sgd = config.sgd;
  const std::string rule = sgd.optimizer == Optimizer::lars
                               ? fmt::format("LARS, trust coefficient {}", sgd.trust_coefficient)
                               : fmt::format("{} convention", to_string(sgd.convention));
  return fmt::format("{}, momentum {}, weight decay {}; biases: rate x{}, decay {}", rule,
                     sgd.momentum, sgd.weights.weight_decay, sgd.biases.learning_rate_multiplier,
                     sgd.biases.weight_decay);
}

std::string describe_images(const TrainConfig& config) {
  const Augmentation& augmentation = config.augmentation;
  std::string crops;
  if (augmentation.resized_crop) {
    crops = "random resized crops, 8 to 100 % of the area, 3:4 to 4:3";
  } else {
    crops = fmt::format("random {} x {} crops{}", config.image_size.height, config.image_size.width,
                        augmentation.central ? " of the middle" : "");
    if (augmentation.padding > 0) crops += fmt::format(", padded by {}", augmentation.padding);
  }
  if (config.margin) {
    crops =
        fmt::format("{}, {}", describe_resizing({.resize = with_margin(config.image_size)}), crops);
  }
  if (augmentation.flip) crops += ", mirrors";
  const float deviation = augmentation.colour.deviation;
  if (deviation > 0) crops += fmt::format(", colour noise {}", deviation);
  return crops;
}

std::string describe_normalization(const TrainConfig& config) {
  switch (config.normalization_kind) {
    case NormalizationKind::channels:
      return "mean and deviation of each channel, measured";
    case NormalizationKind::pixels:
      return "bytes less the mean image, measured";
    case NormalizationKind::imagenet:
      return "ImageNet's mean and deviation of each channel";
  }
  return "";
}

// What several options say together. Other lines are one option's value.
using Summary = std::string (*)(const TrainConfig&);
constexpr std::array<std::pair<std::string_view, Summary>, 4> kSummaries{
    {{"learning rate", describe_schedule},
     {"SGD", describe_sgd},
     {"training images", describe_images},
     {"normalization", describe_normalization}}};

std::string line_text(const TrainOption& option, const TrainConfig& config) {
  const auto* found = std::ranges::find(kSummaries, option.recipe_line,
                                        [](const auto& summary) { return summary.first; });
  return found == kSummaries.end() ? value_text(option, config) : found->second(config);
}

}  // namespace

std::string recipe_table(const TrainConfig& config) {
  TrainConfig recipe;
  apply_recipe(recipe, config.recipe);
  Table table("ll");
  table.add({"recipe", config.recipe});
  std::set<std::string_view> shown{""};
  for (const TrainOption& option : train_options()) {
    if (!shown.insert(option.recipe_line).second) continue;
    const std::string value = line_text(option, config);
    const std::string original = line_text(option, recipe);
    table.add({std::string(option.recipe_line),
               value == original ? value : fmt::format("{}  (the recipe: {})", value, original)});
  }
  return table.text();
}

}  // namespace alexnet::cli
