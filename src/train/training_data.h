#pragma once

#include <alexnet/dataset.h>
#include <alexnet/trainer.h>

namespace alexnet {

/// What training may see; never the test set.
struct TrainingData {
  DatasetPtr train;
  DatasetPtr validation;  ///< its own split, or held out of the training set
};

/// Throws Error when the data is missing or damaged.
TrainingData open_training_data(const TrainConfig& config);

/// Settles preprocess where it is not given.
void settle_preprocess(TrainConfig& config, const Dataset& train);

/// Settles how images become inputs: sets preprocess, normalization and the colours' axes where
/// they are not given. Tells the observer before it reads the whole set. Throws Error.
void settle_input(TrainConfig& config, const Dataset& train, TrainObserver& observer);

}  // namespace alexnet
