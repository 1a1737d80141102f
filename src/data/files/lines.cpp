#include "data/files/lines.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <sstream>
#include <string_view>

#include "core/file.h"
#include "core/unicode.h"

namespace alexnet {
namespace {

[[noreturn]] void refuse_gap(const std::filesystem::path& file, std::size_t line) {
  throw Error(
      fmt::format("{}: line {} is empty, and names follow: which number these have is not clear; "
                  "remove the line, or write the name that is missing",
                  file.string(), line));
}

}  // namespace

std::vector<std::string> read_names(const std::filesystem::path& file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string content = read_text_file(file);
  if (content.starts_with(kByteOrderMark)) content.erase(0, kByteOrderMark.size());
  std::vector<std::string> names;
  std::istringstream text(content);
  std::size_t blank = 0;  // the first blank line's number
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") != std::string::npos) {
      if (blank > 0) refuse_gap(file, blank);
      names.push_back(as_utf8(line));
    } else if (blank == 0) {
      blank = names.size() + 1;
    }
  }
  return names;
}

}  // namespace alexnet
