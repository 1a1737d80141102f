#include <alexnet/recipe.h>

#include "core/unknown_name.h"
#include "train/config_rules.h"

namespace alexnet {
namespace {

void set_what_both_share(TrainConfig& config) {
  constexpr Size kSize = 224;
  constexpr int kEpochs = 90;
  config.image_size = kSize;
  config.margin = true;
  config.epochs = kEpochs;
  config.dropout = kDefaultDropout;
  config.label_smoothing = 0.0F;
  config.sgd.momentum = 0.9F;
}

// Krizhevsky 2012, sections 3 to 5; the biases' rate and decay are the original code's.
void set_krizhevsky2012(TrainConfig& config) {
  constexpr int kBatch = 128;
  constexpr int kDivisions = 3;
  constexpr float kDecay = 5e-4F;
  config.model = "alexnet-2012";
  config.batch_size = kBatch;
  config.sgd.convention = SgdConvention::krizhevsky2012;
  config.sgd.weights = {.learning_rate_multiplier = 1.0F, .weight_decay = kDecay};
  set_biases(config.sgd);
  config.schedule = {.kind = ScheduleKind::plateau,
                     .base_rate = 0.01,
                     .warmup_epochs = 0.0,
                     .watched = PlateauWatches::error,
                     .divisions = kDivisions};
  config.initializer = Initializer::krizhevsky2012;
  config.augmentation = {.flip = true, .central = true, .colour = {.deviation = 0.1F, .axes = {}}};
  config.normalization_kind = NormalizationKind::pixels;
}

void set_torchvision(TrainConfig& config) {
  constexpr int kBatch = 256;
  constexpr float kDecay = 1e-4F;
  config.model = "alexnet";
  config.batch_size = kBatch;
  config.sgd.convention = SgdConvention::pytorch;
  config.sgd.weights = {.learning_rate_multiplier = 1.0F, .weight_decay = kDecay};
  set_biases(config.sgd);
  config.schedule = {.kind = ScheduleKind::step, .base_rate = 0.01, .warmup_epochs = 0.0};
  config.initializer = Initializer::pytorch;
  config.augmentation = {.flip = true, .resized_crop = true};
  config.normalization_kind = NormalizationKind::imagenet;
}

}  // namespace

const std::vector<std::string_view>& recipe_names() {
  static const std::vector<std::string_view> names{"krizhevsky2012", "torchvision"};
  return names;
}

void apply_recipe(TrainConfig& config, std::string_view name) {
  if (name == "krizhevsky2012") {
    set_krizhevsky2012(config);
  } else if (name == "torchvision") {
    set_torchvision(config);
  } else {
    throw unknown_name("recipe", name, recipe_names());
  }
  set_what_both_share(config);
  config.recipe = name;
}

}  // namespace alexnet
