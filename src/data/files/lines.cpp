#include "data/files/lines.h"

#include <sstream>

#include "core/file.h"
#include "core/unicode.h"

namespace alexnet {

std::vector<std::string> read_names(const std::filesystem::path& file) {
  std::vector<std::string> names;
  std::istringstream text(read_text_file(file));
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(as_utf8(line));
  }
  return names;
}

}  // namespace alexnet
