#pragma once

#include <alexnet/trainer.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Configurations from names and values: the command line's options for other front ends.
namespace alexnet {

/// The options of `alexnet train`, by their names in config.json, but for "data".
std::vector<std::string_view> named_options();

/// A configuration for a new run of `data`. `options` is a JSON object with values as config.json
/// has them, or null for the default; what goes with them is set as the command line does it.
/// Throws Error naming the option where there is none of a name, its value is of another type or
/// out of range, or options do not go together.
TrainConfig configure(const std::string& data, std::string_view options);

/// The same on top of an earlier run's; `data` may be empty. Throws Error also when there is none.
TrainConfig configure_again(const std::filesystem::path& run_folder, const std::string& data,
                            std::string_view options);

/// The configuration of an earlier run that is to go on. Before its first checkpoint a run may go
/// on with other images, so that what was measured of them is left out. Throws Error when there is
/// none or it is damaged.
TrainConfig load_config_to_resume(const std::filesystem::path& run_folder);

}  // namespace alexnet
