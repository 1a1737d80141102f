#include "data/shards/pattern.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

#include "data/shards/archive_file.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNames = 1'000'000;
constexpr std::string_view kJoint = "::";

std::vector<std::string_view> split_at(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + separator.size());
  }
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The numbers of "000..146"; none: it makes no sense.
std::vector<std::string> numbers_of(std::string_view range) {
  std::vector<std::string> texts;
  const std::size_t dots = range.find("..");
  if (dots == std::string_view::npos) return texts;
  const auto first = parse_number(range.substr(0, dots));
  const auto last = parse_number(range.substr(dots + 2));
  if (!first || !last || *last < *first || *last - *first >= kMostNames) return texts;
  for (std::uint64_t number = *first; number <= *last; ++number) {
    texts.push_back(fmt::format("{:0{}}", number, dots));
  }
  return texts;
}

[[noreturn]] void refuse(std::string_view pattern) {
  throw Error(
      fmt::format("'{}' is no pattern of shards; write a range of numbers or a list, as in "
                  "train-{{000000..000146}}.tar or {{a,b}}.tar, of at most {} names",
                  pattern, kMostNames));
}

// A pair of braces, and where its list is divided: at commas in no braces within.
struct Braces {
  std::size_t open;
  std::size_t close;
  std::vector<std::size_t> commas;
};

// The first pair. Refuses one that has no end.
std::optional<Braces> find_braces(std::string_view text, std::string_view pattern) {
  Braces braces{.open = text.find('{'), .close = 0, .commas = {}};
  if (braces.open == std::string_view::npos) return std::nullopt;
  int depth = 0;
  for (std::size_t i = braces.open; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == ',' && depth == 1) braces.commas.push_back(i);
    if (text[i] == '}' && --depth == 0) {
      braces.close = i;
      return braces;
    }
  }
  refuse(pattern);
}

// The names that the braces in `text`, a part of `pattern`, stand for.
std::vector<std::string> expand_braces(std::string_view text, std::string_view pattern) {
  const auto braces = find_braces(text, pattern);
  if (!braces) return {std::string(text)};
  std::vector<std::string> middles;
  std::size_t begin = braces->open + 1;
  for (const std::size_t comma : braces->commas) {
    std::ranges::move(expand_braces(text.substr(begin, comma - begin), pattern),
                      std::back_inserter(middles));
    begin = comma + 1;
  }
  const std::string_view last = text.substr(begin, braces->close - begin);
  std::ranges::move(braces->commas.empty() ? numbers_of(last) : expand_braces(last, pattern),
                    std::back_inserter(middles));
  const std::vector<std::string> ends = expand_braces(text.substr(braces->close + 1), pattern);
  if (middles.empty() || middles.size() * ends.size() > kMostNames) refuse(pattern);
  std::vector<std::string> names;
  for (const std::string& middle : middles) {
    for (const std::string& end : ends) {
      names.push_back(fmt::format("{}{}{}", text.substr(0, braces->open), middle, end));
    }
  }
  return names;
}

bool has_wildcard(std::string_view name) {
  return name.find_first_of("*?") != std::string_view::npos;
}

// glob's own brackets and backslashes are characters of names here.
std::string escaped(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '[' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

// Sorted; archives alone. The name itself where there is such a file.
std::vector<fs::path> matching(const std::string& name) {
  std::error_code too_long;  // for a file's name
  if (fs::exists(name, too_long)) return {name};
  if (!has_wildcard(name)) return {};
  glob_t found{};
  const std::unique_ptr<glob_t, decltype(&globfree)> owner(&found, globfree);
  glob(escaped(name).c_str(), GLOB_NOSORT, nullptr, &found);
  const std::span names(found.gl_pathv, found.gl_pathc);
  std::vector<fs::path> paths(names.begin(), names.end());
  std::erase_if(paths, [](const fs::path& path) { return !is_archive_name(path); });
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

bool is_shard_pattern(std::string_view data) {
  const bool names_archives = is_archive_name(data) || has_wildcard(data) ||
                              data.find('{') != std::string_view::npos ||
                              data.find(kJoint) != std::string_view::npos;
  std::error_code too_long;  // for a folder's name
  return names_archives && !fs::is_directory(data, too_long);
}

std::vector<std::string> expand_shard_pattern(std::string_view pattern) {
  std::vector<std::string> names;
  for (const std::string_view piece : split_at(pattern, kJoint)) {
    std::vector<std::string> more = expand_braces(piece, piece);
    if (names.size() + more.size() > kMostNames) refuse(pattern);
    names.insert(names.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  }
  return names;
}

std::vector<fs::path> find_shards(std::string_view pattern) {
  std::error_code too_long;  // for a file's name
  if (fs::exists(pattern, too_long)) return {pattern};
  std::vector<fs::path> paths;
  for (const std::string& name : expand_shard_pattern(pattern)) {
    const std::vector<fs::path> found = matching(name);
    if (found.empty()) {
      throw Error(has_wildcard(name)
                      ? fmt::format("there is no tar archive that '{}' would name", name)
                      : fmt::format("there is no {}, which '{}' names", name, pattern),
                  ErrorKind::not_found);
    }
    paths.insert(paths.end(), found.begin(), found.end());
  }
  std::vector<fs::path> sorted = paths;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    throw Error(fmt::format("'{}' names {} twice; name it once", pattern, twice->string()));
  }
  return paths;
}

}  // namespace alexnet
