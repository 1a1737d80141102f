#include "data/files/output_place.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <system_error>

#include "core/folder.h"
#include "data/files/output_folders.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

bool is_in_output(const fs::path& path, const fs::path& data) {
  for (fs::path above = path; lies_in(above, data) && !lies_in(data, above);
       above = above.parent_path()) {
    if (fs::is_directory(above) && is_output_folder(above)) return true;
  }
  return false;
}

}  // namespace

void refuse_folder_in_data(const fs::path& folder, std::string_view data) {
  std::error_code absent;
  const fs::path whole = fs::weakly_canonical(fs::absolute(folder, absent), absent);
  if (!lies_in(whole, data) || is_in_output(whole, data)) return;
  throw Error(
      fmt::format("{} lies in the data, {}, where what is written would be taken for images of "
                  "a class; choose a place elsewhere",
                  folder.string(), data));
}

void refuse_file_in_data(const fs::path& file, std::string_view data) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!lies_in(data, folder)) refuse_folder_in_data(folder, data);
}

}  // namespace alexnet
