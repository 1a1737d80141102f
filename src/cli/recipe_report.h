#pragma once

#include <alexnet/trainer.h>

#include <string>

namespace alexnet::cli {

/// What the configuration's recipe sets, a line each; where the configuration differs, both.
std::string recipe_table(const TrainConfig& config);

}  // namespace alexnet::cli
