#include "core/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "core/system_error.h"

namespace alexnet {

void make_folder(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) {
    throw system_error(fmt::format("cannot make the folder {}", folder.string()), problem);
  }
  if (!std::filesystem::is_directory(folder)) {
    throw Error(fmt::format("cannot make the folder {}: a file is there", folder.string()));
  }
}

bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::error_code absent;
  const std::filesystem::path outer = std::filesystem::canonical(folder, absent);
  if (absent) return false;
  const std::filesystem::path whole = std::filesystem::absolute(path, absent);
  const std::filesystem::path inner = std::filesystem::weakly_canonical(whole, absent);
  return !absent && std::mismatch(inner.begin(), inner.end(), outer.begin(), outer.end()).second ==
                        outer.end();
}

}  // namespace alexnet
