#pragma once

#include <alexnet/model.h>
#include <alexnet/trainer.h>

#include <functional>
#include <string>
#include <vector>

namespace alexnet {

/// What a run begins with.
struct Beginning {
  Architecture architecture;
  Parameters parameters;
};

/// Makes it, for data of these classes. `config` is complete.
using BeginningMaker =
    std::function<Beginning(const TrainConfig& config, const std::vector<std::string>& classes)>;

/// The network that the configuration names, with fresh parameters.
Beginning fresh(const TrainConfig& config, const std::vector<std::string>& classes);

/// `base` with its parameters; the last layer is new unless the classes are the same.
Beginning pretrained(const Model& base, const TrainConfig& config,
                     const std::vector<std::string>& classes);

/// The configuration as `base` needs it: its network, size, preprocessing and normalization.
TrainConfig for_finetuning(TrainConfig config, const Model& base);

/// How fast each layer learns.
std::vector<LayerRate> layer_rates(const Finetune& finetune, const Architecture& net);

}  // namespace alexnet
