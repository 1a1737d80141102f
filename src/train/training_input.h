#pragma once

#include <alexnet/dataset.h>
#include <alexnet/trainer.h>

#include <atomic>
#include <exception>

/// How training images become the network's input.
namespace alexnet {

/// Settles preprocess where it is not given.
void settle_preprocess(TrainConfig& config, const Dataset& train);

/// The user stopped a run before its first step.
class StoppedMeasuring : public std::exception {};

/// Settles how images become inputs: sets preprocess, normalization and the colours' axes where
/// they are not given. Tells the observer while it reads the whole set, and throws StoppedMeasuring
/// when `stop` becomes true meanwhile. Throws Error.
void settle_input(TrainConfig& config, const Dataset& train, TrainObserver& observer,
                  const std::atomic<bool>& stop);

}  // namespace alexnet
