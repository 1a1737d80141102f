#include "report/short_names.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::ptrdiff_t parts_of(const fs::path& path) {
  return std::distance(path.begin(), path.end());
}

// The last `parts` parts, or all that there are.
std::string ending(const fs::path& path, std::ptrdiff_t parts) {
  fs::path end;
  auto part = std::next(path.begin(), std::max<std::ptrdiff_t>(parts_of(path) - parts, 0));
  for (; part != path.end(); ++part) end /= *part;
  return end.string();
}

fs::path plain(const std::string& path) {
  return fs::path(path).lexically_normal().relative_path();
}

std::string_view last_part(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path == "/" ? path : path.substr(path.rfind('/') + 1);
}

}  // namespace

std::vector<std::string> short_names(const std::vector<std::string>& paths) {
  std::set<fs::path> unnamed;
  std::ranges::transform(paths, std::inserter(unnamed, unnamed.end()), plain);
  std::map<fs::path, std::string> named;
  for (std::ptrdiff_t parts = 1; !unnamed.empty(); ++parts) {
    std::map<std::string, int> uses;
    for (const fs::path& path : unnamed) ++uses[ending(path, parts)];
    std::erase_if(unnamed, [&](const fs::path& path) {
      const std::string end = ending(path, parts);
      if (uses[end] > 1 && parts < parts_of(path)) return false;
      named[path] = end;
      return true;
    });
  }
  std::vector<std::string> names;
  names.reserve(paths.size());
  for (const std::string& path : paths) names.push_back(named[plain(path)]);
  return names;
}

std::string without_folders(std::string_view sentence) {
  constexpr std::string_view kAround = " \n\t'\"(),;:";
  std::string rest;
  while (!sentence.empty()) {
    const std::string_view word = sentence.substr(0, sentence.find_first_of(kAround));
    rest += word.starts_with('/') ? last_part(word) : word;
    sentence.remove_prefix(word.size());
    if (sentence.empty()) break;
    rest += sentence.front();
    sentence.remove_prefix(1);
  }
  return rest;
}

}  // namespace alexnet
