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

double default_rate(int batch_size) {
  const TrainConfig defaults;
  const double share = static_cast<double>(batch_size) / defaults.batch_size;
  return defaults.schedule.base_rate * std::min(1.0, share);
}

}  // namespace alexnet
