#pragma once

#include <alexnet/trainer.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace alexnet {

/// What a run folder tells without its weights.
struct RunFolder {
  std::filesystem::path path;
  TrainConfig config;
  nlohmann::json config_file;         ///< config.json as it is
  std::vector<nlohmann::json> steps;  ///< lines of metrics.jsonl, by their "event"
  std::vector<nlohmann::json> epochs;
  std::optional<std::filesystem::file_time_type> last_figures;  ///< when metrics.jsonl was written
  bool finished = false;
  std::filesystem::path weights;  ///< the best, else the last; empty: none yet
};

/// A last line that is being written is left out. Throws Error when there is no run or a file of it
/// is damaged.
RunFolder read_run_folder(const std::filesystem::path& path);

}  // namespace alexnet
