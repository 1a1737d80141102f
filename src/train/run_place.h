#pragma once

#include <filesystem>

#include "train/train_config.h"

namespace alexnet {

/// Throws Error when a run's folder would be one of the data's own: DATA itself or a folder in it
/// that holds something else than a run, such as a class. Where runs lie, no images are looked for.
void refuse_place_of_images(const std::filesystem::path& run_folder, const TrainConfig& config);

}  // namespace alexnet
