#include "train/training_data.h"

#include <utility>

namespace alexnet {

TrainingData open_training_data(const TrainConfig& config) {
  DatasetPtr train = open_dataset(config.data, Split::train);
  DatasetPtr validation = open_dataset(config.data, Split::validation);
  if (validation != nullptr)
    return {.train = std::move(train), .validation = std::move(validation)};
  HoldOut parts = hold_out(train, config.validation_share, config.seed);
  return {.train = std::move(parts.train), .validation = std::move(parts.validation)};
}

void settle_input(TrainConfig& config, const Dataset& train) {
  if (!config.preprocess) config.preprocess = default_preprocess(train, config.image_size);
  if (!config.normalization) {
    config.normalization = measure_normalization(train, *config.preprocess);
  }
}

}  // namespace alexnet
