#include "data/files/output_folders.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "core/run_files.h"
#include "data/files/file_names.h"

namespace alexnet {

namespace fs = std::filesystem;

bool has_visible(const fs::path& folder, bool (*wanted)(const fs::directory_entry&)) {
  return std::ranges::any_of(fs::directory_iterator(folder), [&](const auto& entry) {
    return !is_hidden(entry.path()) && wanted(entry);
  });
}

bool holds_nothing(const fs::path& folder) {
  return !has_visible(folder, [](const fs::directory_entry&) { return true; });
}

// Explanations have no folders. That of a run which has just begun holds its lock alone, which
// others may leave beside images.
bool is_output_folder(const fs::path& folder) {
  constexpr std::array kFiles{kMetricsFile, kLastFile, kBestFile};
  std::error_code unreadable;  // then it is none of ours, and named by who reads it
  const auto has = [&](const char* file) { return fs::exists(folder / file, unreadable); };
  if (has(kExplainFile) && !has_visible(folder, is_folder)) return true;
  const bool configured = has(kConfigFile);
  if (has(kRunLockFile)) return configured || holds_nothing(folder);
  return configured && std::ranges::any_of(kFiles, has);
}

}  // namespace alexnet
