#pragma once

#include <alexnet/model.h>
#include <alexnet/trainer.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace alexnet {

/// The network and the weights that training starts from.
struct InitialState {
  Architecture architecture;
  Parameters parameters;
};

/// Makes it for data of these classes. `config` is complete: preprocess and normalization are set.
using InitialStateMaker =
    std::function<InitialState(const TrainConfig& config, const std::vector<std::string>& classes)>;

/// The network that config.model names, with random weights.
InitialState named_network(const TrainConfig& config, const std::vector<std::string>& classes);

/// This network, with random weights.
InitialState with_random_weights(const Architecture& architecture, const TrainConfig& config);

/// The network with another last layer, for so many classes.
Architecture with_classes(Architecture net, int classes);

/// Which output of a network for the classes `base` each of `classes` is; none unless they are the
/// same by name, in any order.
std::optional<std::vector<std::int32_t>> rows_of_classes(const std::vector<std::string>& base,
                                                         const std::vector<std::string>& classes);

/// `base` with its parameters; the last layer is new unless the classes are the same, and follows
/// their order.
InitialState pretrained_network(const Model& base, const TrainConfig& config,
                                const std::vector<std::string>& classes);

/// The configuration as `base` needs it: its network, size, preprocessing and normalization.
TrainConfig config_for_finetuning(TrainConfig config, const Model& base);

/// The configuration with the architecture's name, size and dropout. Throws Error when it is not a
/// network that can be trained.
TrainConfig config_for_architecture(TrainConfig config, const Architecture& architecture);

/// Throws Error unless the network takes what preprocessing gives and tells these classes apart.
void check_fits_data(const Architecture& architecture, const TrainConfig& config,
                     const std::vector<std::string>& classes);

/// How fast each layer learns.
std::vector<LayerRate> layer_rates(const Finetune& finetune, const Architecture& net);

}  // namespace alexnet
