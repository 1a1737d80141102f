#pragma once

#include <alexnet/trainer.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "train/checkpoint.h"
#include "train/event_file.h"
#include "train/metrics_log.h"

namespace alexnet {

/// What a run writes down as it goes: metrics.jsonl and, where wanted, TensorBoard's event file.
class RunLog {
 public:
  /// Continues after `state`; what the files hold of later steps is dropped. Throws Error.
  RunLog(const std::filesystem::path& folder, bool tensorboard, const TrainState& state);

  /// The means since the last such line. Throws Error.
  void step(const TrainState& state, double learning_rate);
  /// Throws Error.
  void epoch(std::int64_t step, const EpochSummary& summary);
  /// Brings metrics.jsonl to the disk and gives its size. Throws Error.
  std::uint64_t sync() { return metrics_.sync(); }

 private:
  MetricsLog metrics_;
  std::optional<EventFile> events_;
};

}  // namespace alexnet
