#include <alexnet/error.h>
#include <alexnet/recipe.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace alexnet {
namespace {

void set_what_both_share(TrainConfig& config) {
  constexpr int kSize = 224;
  constexpr int kEpochs = 90;
  config.image_size = kSize;
  config.margin = true;
  config.epochs = kEpochs;
  config.dropout = 0.5F;
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
  config.sgd.biases = {.learning_rate_multiplier = 2.0F, .weight_decay = 0.0F};
  config.schedule = {.kind = ScheduleKind::plateau,
                     .base_rate = 0.01,
                     .warmup_epochs = 0.0,
                     .watched = PlateauWatches::error,
                     .divisions = kDivisions};
  config.initializer = Initializer::krizhevsky2012;
  config.augmentation = {.flip = true, .square = true, .colour = {.deviation = 0.1F, .axes = {}}};
  config.normalizing = Normalizing::pixels;
}

void set_torchvision(TrainConfig& config) {
  constexpr int kBatch = 256;
  constexpr float kDecay = 1e-4F;
  config.model = "alexnet";
  config.batch_size = kBatch;
  config.sgd.convention = SgdConvention::pytorch;
  config.sgd.weights = {.learning_rate_multiplier = 1.0F, .weight_decay = kDecay};
  config.sgd.biases = config.sgd.weights;
  config.schedule = {.kind = ScheduleKind::step, .base_rate = 0.01, .warmup_epochs = 0.0};
  config.initializer = Initializer::pytorch;
  config.augmentation = {.flip = true, .resized_crop = true};
  config.normalizing = Normalizing::imagenet;
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
    throw Error(fmt::format("there is no recipe '{}'; choose one of {}", name,
                            fmt::join(recipe_names(), ", ")));
  }
  set_what_both_share(config);
  config.recipe = name;
}

}  // namespace alexnet
