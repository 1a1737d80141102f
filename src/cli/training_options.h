#pragma once

#include <alexnet/trainer.h>

#include <CLI/CLI.hpp>
#include <string>

/// The options of train/option_table.h on the command line.
namespace alexnet::cli {

/// DATA and all options that `train` takes. They are applied in the table's order, not in that of
/// the command line: so a recipe comes first, and others change what it sets.
void add_training_options(CLI::App& command, TrainConfig& config);

/// Those that decide what training sees, for `show`.
void add_input_options(CLI::App& command, TrainConfig& config);

/// "--threads, --workers and --tensorboard": those that may change when a run is resumed.
std::string resume_flags();

}  // namespace alexnet::cli
