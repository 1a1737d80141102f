#pragma once

#include <alexnet/trainer.h>

#include <string>

/// What holds between several fields of a configuration; what holds for one is in option_table.h.
namespace alexnet {

/// Throws Error when values contradict each other.
void check_rules(const TrainConfig& config);

/// How the biases learn with this convention, given the weights: as the weights or, as in 2012,
/// twice as fast and without decay.
void set_biases(SgdOptions& sgd);

/// Where the biases learn as the weights, they decay as these.
void set_bias_decay(SgdOptions& sgd);

/// A mean image covers the middle of images, so crops must lie in it.
void set_crops_for_normalization(TrainConfig& config);

/// What goes with LARS: the schedule of its paper, and a rate that suits its small factors.
void set_lars(TrainConfig& config);

/// The learning rate where none is given: 2 with LARS, else 0.01, and with batches of fewer than 64
/// images less, in proportion, as Goyal et al. 2017 (arXiv:1706.02677) scale it.
double default_rate(const TrainConfig& config);

/// A sentence where the learning rate does not look like one for the whole of a large batch; else
/// empty.
std::string rate_note(const TrainConfig& config);

}  // namespace alexnet
