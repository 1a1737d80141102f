#include "cli/recipe_report.h"

#include <alexnet/dataset.h>
#include <alexnet/recipe.h>
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "cli/text.h"

namespace alexnet::cli {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string describe(const ScheduleOptions& schedule, int epochs) {
  std::string text = fmt::format("{}", schedule.base_rate);
  switch (schedule.kind) {
    case ScheduleKind::cosine:
      text += ", half a cosine to zero";
      break;
    case ScheduleKind::step:
      text += fmt::format(", ÷10 after each third of the run ({} epochs)", epochs / 3);
      break;
    case ScheduleKind::plateau:
      text += fmt::format(
          ", ÷10 when the validation {} stalls for {} epochs{}", to_string(schedule.watched),
          schedule.patience,
          schedule.divisions > 0 ? fmt::format(", {} times at most", schedule.divisions) : "");
      break;
  }
  if (schedule.warmup_epochs > 0) text += fmt::format(", warm-up {}", schedule.warmup_epochs);
  return text;
}

std::string describe(const SgdOptions& sgd) {
  return fmt::format("{} convention, momentum {}, weight decay {}; biases: rate x{}, decay {}",
                     to_string(sgd.convention), sgd.momentum, sgd.weights.weight_decay,
                     sgd.biases.learning_rate_multiplier, sgd.biases.weight_decay);
}

std::string describe(const Augmentation& augmentation, int size, bool margin) {
  std::string crops;
  if (augmentation.resized_crop) {
    crops = "random resized crops, 8 to 100 % of the area, 3:4 to 4:3";
  } else {
    crops = fmt::format("random {0} x {0} crops{1}", size,
                        augmentation.square ? " of the centre square" : "");
    if (augmentation.padding > 0) crops += fmt::format(", padded by {}", augmentation.padding);
  }
  if (margin) crops = fmt::format("short side {}, ", with_margin(size)) + crops;
  if (augmentation.flip) crops += ", mirrors";
  const float deviation = augmentation.colour.deviation;
  if (deviation > 0) crops += fmt::format(", colour noise {}", deviation);
  return crops;
}

std::string describe(Normalizing normalizing) {
  switch (normalizing) {
    case Normalizing::channels:
      return "mean and deviation of each channel, measured";
    case Normalizing::pixels:
      return "bytes less the mean image, measured";
    case Normalizing::imagenet:
      return "ImageNet's mean and deviation of each channel";
  }
  return "";
}

Settings settings(const TrainConfig& config) {
  return {{"model", config.model},
          {"image size", std::to_string(config.image_size)},
          {"batch", std::to_string(config.batch_size)},
          {"epochs", std::to_string(config.epochs)},
          {"learning rate", describe(config.schedule, config.epochs)},
          {"SGD", describe(config.sgd)},
          {"initial weights", std::string(to_string(config.initializer))},
          {"dropout", fmt::format("{}", config.dropout)},
          {"label smoothing", fmt::format("{}", config.label_smoothing)},
          {"training images", describe(config.augmentation, config.image_size, config.margin)},
          {"normalization", describe(config.normalizing)}};
}

}  // namespace

std::string recipe_table(const TrainConfig& config) {
  TrainConfig pure;
  apply_recipe(pure, config.recipe);
  const Settings given = settings(config);
  const Settings own = settings(pure);
  Table table("ll");
  table.add({"recipe", config.recipe});
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& [name, value] = given[i];
    table.add({name, value == own[i].second
                         ? value
                         : fmt::format("{}  (the recipe: {})", value, own[i].second)});
  }
  return table.text();
}

}  // namespace alexnet::cli
