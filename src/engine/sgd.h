#pragma once

#include <alexnet/engine.h>

namespace alexnet {

/// One step of stochastic gradient descent over all parameters, each read and written once. Names
/// that end in ".bias" are the biases' group.
void sgd_update(const SgdOptions& options, float learning_rate, Parameters& parameters,
                const Parameters& gradients, Parameters& momentum);

}  // namespace alexnet
