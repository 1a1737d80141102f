#pragma once

#include <alexnet/trainer.h>

#include "ranks/communicator.h"

namespace alexnet {

/// Minutes between checkpoints of such a run, where nobody says how many.
inline constexpr double kUsualCheckpointMinutes = 10;

/// As `train`, by processes that share each batch: config.parts, which are as many or more, decide
/// the bits and not the number of processes. The first writes the run folder, which all must see;
/// observers of the others hear the same. Called by all ranks; throws Error alike on all of them,
/// or a SharedError.
TrainResult train(const TrainConfig& config, const std::filesystem::path& run_folder, bool resume,
                  TrainObserver& observer, const std::atomic<bool>& stop, Communicator& ranks);

}  // namespace alexnet
