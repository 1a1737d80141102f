#pragma once

#include <alexnet/trainer.h>

#include <filesystem>
#include <string>

namespace alexnet {

/// Throws Error, naming field and value, when one is out of its range.
void check_config(const TrainConfig& config);

/// Throws Error, naming the field and both values, when `now` would not continue the run that
/// `before` began. Threads, workers, the two intervals, what becomes of bad images, event
/// files and the command may differ.
void check_continues(const TrainConfig& before, const TrainConfig& now);

/// Writes run_folder/config.json, with versions and machine. `config` is complete: preprocess and
/// normalization are set. Throws Error.
void save_train_config(const std::filesystem::path& run_folder, const TrainConfig& config);

/// Whether the folder holds a run, finished or not.
bool holds_run(const std::filesystem::path& run_folder);

}  // namespace alexnet
