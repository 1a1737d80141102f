#include "train/run_place.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "core/folder.h"
#include "data/files/file_names.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

bool holds_nothing(const fs::path& folder) {
  std::error_code unreadable;
  return std::ranges::all_of(fs::directory_iterator(folder, unreadable),
                             [](const auto& entry) { return is_hidden(entry.path()); });
}

}  // namespace

void refuse_place_of_images(const fs::path& run_folder, const TrainConfig& config) {
  if (holds_run(run_folder) || !fs::is_directory(run_folder) || holds_nothing(run_folder)) return;
  for (const std::string& data : {config.data, config.validation_data}) {
    if (!fs::is_directory(data) || !lies_in(run_folder, data)) continue;
    throw Error(
        fmt::format("the run folder {} holds files of the data, {}, which would be passed "
                    "over from then on; choose a new folder (--out)",
                    run_folder.string(), data));
  }
}

}  // namespace alexnet
