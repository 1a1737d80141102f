#include "core/folder.h"

#include <fmt/format.h>

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

}  // namespace alexnet
