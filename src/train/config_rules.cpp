#include "train/config_rules.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>

namespace alexnet {

void check_rules(const TrainConfig& config) {
  const Augmentation& augmentation = config.augmentation;
  if (augmentation.padding > std::min(config.image_size.height, config.image_size.width)) {
    throw Error(fmt::format("a padding of {} pixels is more than the image size of {}; pad less",
                            augmentation.padding, to_string(config.image_size)));
  }
  if (config.parts > config.batch_size) {
    throw Error(fmt::format(
        "a batch of {} image{} cannot be computed in {} parts; use at most {} (--parts)",
        config.batch_size, config.batch_size == 1 ? "" : "s", config.parts, config.batch_size));
  }
  if (augmentation.resized_crop && augmentation.padding > 0) {
    throw Error("random resized crops take no padding; leave one of the two out");
  }
  const bool crops_of_middle =
      augmentation.central && !augmentation.resized_crop && augmentation.padding == 0;
  if (config.normalization_kind == NormalizationKind::pixels && !crops_of_middle) {
    throw Error(
        "a mean image is subtracted where a crop of the image's middle lay, so it goes with "
        "neither "
        "random resized crops nor padding; leave these out or, where the network is new, normalise "
        "by channels (--normalize channels)");
  }
}

void set_biases(SgdOptions& sgd) {
  const bool as_in_2012 = sgd.convention == SgdConvention::krizhevsky2012;
  sgd.biases =
      as_in_2012 ? SgdGroup{.learning_rate_multiplier = 2.0F, .weight_decay = 0.0F} : sgd.weights;
}

void set_bias_decay(SgdOptions& sgd) {
  if (sgd.convention == SgdConvention::pytorch) sgd.biases.weight_decay = sgd.weights.weight_decay;
}

void set_crops_for_normalization(TrainConfig& config) {
  if (config.normalization_kind == NormalizationKind::pixels) config.augmentation.central = true;
}

void set_lars(TrainConfig& config) {
  if (config.sgd.optimizer != Optimizer::lars) return;
  config.schedule.kind = ScheduleKind::polynomial;
  config.schedule.base_rate = default_rate(config);
}

double default_rate(const TrainConfig& config) {
  constexpr double kOfLars = 2;
  if (config.sgd.optimizer == Optimizer::lars) return kOfLars;
  const TrainConfig defaults;
  const double share = static_cast<double>(config.batch_size) / defaults.batch_size;
  return defaults.schedule.base_rate * std::min(1.0, share);
}

// Rates within a factor of the usual one are a matter of taste.
std::string rate_note(const TrainConfig& config) {
  constexpr double kFactor = 4;
  const TrainConfig defaults;
  const double rate = config.schedule.base_rate;
  if (config.sgd.optimizer == Optimizer::lars) {
    constexpr double kLeast = 1e-4;  // 0.1 by the usual coefficient
    const auto trust = static_cast<double>(config.sgd.trust_coefficient);
    if (rate * trust >= kLeast) return "";
    return fmt::format(
        "a learning rate of {:.3g} is low for LARS, which multiplies it by about {}: use {:.1g} or "
        "more (--lr)",
        rate, config.sgd.trust_coefficient, kLeast / trust);
  }
  const double in_proportion =
      defaults.schedule.base_rate * config.batch_size / defaults.batch_size;
  const bool is_large = config.batch_size >= kFactor * defaults.batch_size;
  if (!is_large || (rate * kFactor > in_proportion && rate < in_proportion * kFactor)) return "";
  return fmt::format(
      "a learning rate of {:.3g} is {} for batches of {} images: {} with {} are {:.3g} in "
      "proportion, with a warm-up (--lr, --warmup)",
      rate, rate < in_proportion ? "low" : "high", config.batch_size, defaults.schedule.base_rate,
      defaults.batch_size, in_proportion);
}

}  // namespace alexnet
