#pragma once

#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <alexnet/trainer.h>

#include <string>

#include "train/data_record.h"

namespace alexnet {

/// What training may see; never the test set.
struct TrainingData {
  DatasetPtr train;
  DatasetPtr validation;  ///< its own part, other data, or held out of the training part; or null
  DatasetPtr whole;       ///< the training part with what is held out of it
  bool held_out = false;
  bool by_number = false;  ///< no class of `validation` has a name of the training part's
};

/// Throws Error when the data is missing or damaged, or has a single class.
TrainingData open_training_data(const TrainConfig& config);
/// Also tells the observer which images are for what, and which are left out. Throws Error when the
/// images for validation are those that are trained on.
TrainingData open_training_data(const TrainConfig& config, TrainObserver& observer);

/// Other images for validation (--val): the part that is named, or all there is. Throws Error.
DatasetPtr open_validation_data(const std::string& data);

/// Whether DATA's test images are those for validation. Throws Error.
bool validates_on_test(const TrainConfig& config);

/// Whose images those for validation are: DATA, or others that are given.
const std::string& data_of_validation(const TrainConfig& config);

DataRecord record_of(const TrainingData& data);

/// The sentence of an error, with what to do about an image that cannot be decoded.
std::string with_advice(const Error& error);

}  // namespace alexnet
