#pragma once

#include <alexnet/trainer.h>

#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// "krizhevsky2012", "torchvision".
const std::vector<std::string_view>& recipe_names();

/// Sets all that a published recipe settles, and nothing else (not the data, the seed, threads, …):
/// - krizhevsky2012: the paper's network and its training (sections 3 to 5);
/// - torchvision: its reference training of AlexNet.
/// Whatever is changed afterwards stays changed. Throws Error, listing them, on another name.
void apply_recipe(TrainConfig& config, std::string_view name);

}  // namespace alexnet
#pragma GCC visibility pop
