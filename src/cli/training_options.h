#pragma once

#include <alexnet/trainer.h>

#include <CLI/CLI.hpp>

/// Options that decide what training sees, for the commands that train or show it.
namespace alexnet::cli {

/// --recipe. The first option, for the others to change what it sets: they are applied in the order
/// of their declaration, not of the command line.
void add_recipe_option(CLI::App& command, TrainConfig& config);
void add_input_size_option(CLI::App& command, TrainConfig& config);
/// --pad, --random-resized-crop, --flip, --colour-noise, --fast-decode.
void add_augmentation_options(CLI::App& command, TrainConfig& config);
/// --normalize. `pixels` also keeps crops within the centre square.
void add_normalizing_option(CLI::App& command, TrainConfig& config);
/// --on-bad-image.
void add_bad_image_option(CLI::App& command, OnBadImage& chosen);
/// --validation, --seed.
void add_split_options(CLI::App& command, TrainConfig& config);

}  // namespace alexnet::cli
