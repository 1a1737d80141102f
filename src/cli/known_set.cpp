#include "cli/known_set.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "cli/messages.h"
#include "data/sets/split.h"

namespace alexnet::cli {

std::string known_set_note(const std::string& data) {
  if (data.empty()) return "";
  const std::string name = data.substr(0, data.rfind(':'));
  std::error_code absent;
  if (!std::filesystem::is_directory(name, absent)) return "";
  const DatasetParts parts = describe_parts(data);
  if (parts.parts.empty() || parts.parts.front().path.starts_with(name)) return "";
  return fmt::format("{} is the known set in {}; the folder here is ./{}", data,
                     parts.parts.front().path, data);
}

void print_known_set_note(const std::string& data) {
  print_note(known_set_note(data));
}

}  // namespace alexnet::cli
