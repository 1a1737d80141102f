#pragma once

#include <alexnet/dataset.h>
#include <alexnet/trainer.h>

#include <atomic>
#include <exception>

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

/// The user stopped a run before it began.
class StoppedMeasuring : public std::exception {};

/// Settles how images become inputs: sets preprocess, normalization and the colours' axes where
/// they are not given. Tells the observer while it reads the whole set, and throws StoppedMeasuring
/// when `stop` becomes true meanwhile. Throws Error.
void settle_input(TrainConfig& config, const Dataset& train, TrainObserver& observer,
                  const std::atomic<bool>& stop);

}  // namespace alexnet
