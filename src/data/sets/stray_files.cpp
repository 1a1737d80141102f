#include "data/sets/stray_files.h"

#include <string>

#include "core/unicode.h"
#include "data/files/file_names.h"
#include "data/image/formats.h"
#include "data/sets/left_out.h"

namespace alexnet {

namespace fs = std::filesystem;

std::vector<LeftOut> stray_files(const fs::path& folder, std::string_view image_reason,
                                 bool (*expected)(const fs::path&)) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (is_hidden(path) || is_folder(entry) || (expected != nullptr && expected(path))) continue;
    if (is_packed(path) || is_image_extension(path.extension())) names.push_back(path.filename());
  }
  sort_names(names);
  std::vector<LeftOut> strays;
  for (const std::string& name : names) {
    add_left_out(strays, {std::string(is_packed(name) ? kPackedBeside : image_reason), 1, name});
  }
  return strays;
}

}  // namespace alexnet
