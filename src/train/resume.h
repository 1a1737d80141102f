#pragma once

#include <alexnet/trainer.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/checkpoint.h"
#include "train/train_config.h"
#include "train/training_data.h"

namespace alexnet {

/// What is no longer as it was when a run is resumed.
struct Changes {
  std::vector<OptionChange> options;
  std::string data;  ///< in words; empty: the same images

  bool empty() const { return options.empty() && data.empty(); }
  /// The weights become others than those of an uninterrupted run.
  bool change_weights() const;
};

/// The configuration that continues the run in `folder`, which has a checkpoint, where what was
/// settled stays settled, and what of it is new. Throws Error on what may not differ.
struct Continuation {
  TrainConfig config;
  Changes changes;
};
Continuation continue_run(TrainConfig config, const std::filesystem::path& folder);

/// The state of the run in `folder`, where it has reached the end that `config` sets. A run may
/// have been killed when it had written down that it is to go on, and not yet gone on.
std::optional<TrainState> finished_state(const std::filesystem::path& folder,
                                         const TrainConfig& config);

/// How the data differs from what the run in `folder` was trained on, in words; empty where it does
/// not. Labels of `data` become those of the run's classes. Throws Error on a difference, unless
/// config.accept_data_change, and when there are classes that the run does not know.
std::string check_data(const std::filesystem::path& folder, const TrainConfig& config,
                       const DataRecord& now, TrainingData& data);

}  // namespace alexnet
