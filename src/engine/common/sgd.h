#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace alexnet {

/// The multiplier that a parameter's layer rate gives it.
float rate_multiplier(const std::vector<LayerRate>& rates, std::string_view parameter);

/// The first layer that learns, the number of layers if none does: gradients end there.
std::size_t first_learning_layer(const Architecture& architecture,
                                 const std::vector<LayerRate>& rates);

/// One step of stochastic gradient descent over all parameters, each read and written once. Names
/// that end in ".bias" are the biases' group. `rounded` (may be null) becomes what round_weights
/// would make of the result. `factors` are further multipliers, of LARS.
void sgd_update(const SgdOptions& options, const std::vector<LayerRate>& rates, float learning_rate,
                Parameters& parameters, const Parameters& gradients, Parameters& momentum,
                Parameters* rounded = nullptr, const std::vector<LayerRate>& factors = {});

/// Copies parameters: weights as bf16 has them, biases as they are.
void round_weights(const Parameters& parameters, Parameters& rounded);

}  // namespace alexnet
