#pragma once

#include <alexnet/trainer.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace alexnet {

/// Throws Error, naming field and value, when one is out of its range, or when some contradict each
/// other.
void check_config(const TrainConfig& config);

/// A field that has another value when a run is resumed.
struct OptionChange {
  std::string name;
  std::string before;  ///< JSON
  std::string now;
  bool changes_weights = true;  ///< false: only the place of the same images
};

/// Those of the changes since the run was last started that config.json is to have (see OnResume).
/// Throws Error, naming the field and both values, when `now` differs in more than option_table.h
/// lets differ.
std::vector<OptionChange> check_continues(const TrainConfig& before, const TrainConfig& now);

/// What the weights depend on, as JSON: not where the data lies.
struct OptionValue {
  std::string name;
  std::string value;
};
std::vector<OptionValue> decisive_options(const TrainConfig& config);

/// Writes run_folder/config.json, with versions and machine. `config` is complete: preprocess and
/// normalization are set. Throws Error.
void save_train_config(const std::filesystem::path& run_folder, const TrainConfig& config);

/// Writes the new values into config.json, and the old ones into its list "resumed_with", with the
/// step from which the new ones hold, and how the data changed (if it did). Throws Error.
void save_changes(const std::filesystem::path& run_folder, const std::vector<OptionChange>& changes,
                  const std::string& data_change, std::int64_t step);

/// That a run was resumed with other images than before.
struct DataChange {
  std::int64_t step = 0;  ///< after which it has the others
  std::string what;       ///< "1 image was added (ant 8, now 9)"
};

/// Those of a run. Throws Error.
std::vector<DataChange> data_changes(const std::filesystem::path& run_folder);
inline bool has_changed_data(const std::filesystem::path& run_folder) {
  return !data_changes(run_folder).empty();
}

/// Whether the folder holds a run, finished or not.
bool holds_run(const std::filesystem::path& run_folder);

}  // namespace alexnet
