#include "report/short_names.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>

#include "core/shell_word.h"

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

// The next word of a command line, with its quotes.
std::string_view quoted_word(std::string_view line) {
  bool in_quotes = false;
  std::size_t end = 0;
  for (; end < line.size() && (in_quotes || line[end] != ' '); ++end) {
    if (line[end] == '\'') in_quotes = !in_quotes;
    if (line[end] == '\\' && !in_quotes) ++end;
  }
  return line.substr(0, end);
}

std::string without_quotes(std::string_view word) {
  std::string text;
  bool in_quotes = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\'') {
      in_quotes = !in_quotes;
      continue;
    }
    if (word[i] == '\\' && !in_quotes && i + 1 < word.size()) ++i;
    text += word[i];
  }
  return text;
}

// Of a path, or of an option's value: --val=/home/me/set.
std::string word_without_folder(std::string_view word) {
  const std::string text = without_quotes(word);
  const std::size_t value = text.starts_with('-') ? text.find('=') + 1 : 0;
  if (!text.substr(value).starts_with('/')) return std::string(word);
  return shell_word(text.substr(0, value) + without_folder(text.substr(value)));
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

std::string without_folder(const std::string& path) {
  return path.starts_with('/') ? std::string(last_part(path)) : path;
}

std::string command_without_folders(std::string_view line) {
  std::string shown;
  while (!line.empty()) {
    const std::string_view word = quoted_word(line);
    shown += word_without_folder(word);
    line.remove_prefix(word.size());
    const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
    shown += line.substr(0, blanks);
    line.remove_prefix(blanks);
  }
  return shown;
}

}  // namespace alexnet
