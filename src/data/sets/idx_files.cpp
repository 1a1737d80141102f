#include "data/sets/idx_files.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "data/files/file_names.h"
#include "data/sets/left_out.h"
#include "data/sets/split.h"
#include "data/sets/stray_files.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

struct IdxName {
  std::string prefix;
  Split split = Split::train;
  bool is_images = false;
};

bool remove_end(std::string& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.resize(text.size() - end.size());
  return true;
}

// The text behind the last dash, which is removed with it.
std::string take_word(std::string& text) {
  const std::size_t dash = text.rfind('-');
  const std::size_t begin = dash == std::string::npos ? 0 : dash + 1;
  std::string word = text.substr(begin);
  text.resize(dash == std::string::npos ? 0 : dash);
  return word;
}

std::optional<Split> split_of(const std::string& word) {
  if (word == "t10k") return Split::test;
  return read_part_name(word).is_plain() ? part_of_name(word) : std::nullopt;
}

// A file's name without its type; none: it has no such type.
std::optional<std::string> without_type(const fs::path& file) {
  std::string text = lowered(file.filename().string());
  remove_end(text, ".gz");
  constexpr std::array<std::string_view, 3> kTypes{"idx3-ubyte", "idx1-ubyte", "idx2-int"};
  for (const std::string_view type : kTypes) {
    if (remove_end(text, type)) return text;
  }
  return std::nullopt;
}

std::optional<IdxName> parse(const fs::path& file) {
  const auto found = without_type(file);
  if (!found) return std::nullopt;
  std::string text = *found;
  if (!remove_end(text, "-") && !remove_end(text, ".")) return std::nullopt;
  const std::string kind = take_word(text);
  const auto split = split_of(take_word(text));
  if ((kind != "images" && kind != "labels") || !split) return std::nullopt;
  return IdxName{.prefix = text, .split = *split, .is_images = kind == "images"};
}

// The file itself, or the one of a like name in a folder.
std::optional<fs::path> file_at(const fs::directory_entry& entry) {
  if (!entry.is_directory()) return entry.path();
  for (const fs::directory_entry& inner : fs::directory_iterator(entry.path())) {
    if (!inner.is_directory() && parse(inner.path())) return inner.path();
  }
  return std::nullopt;
}

// Of two files for the same: what lies higher, is not compressed, has no dotted name.
bool is_preferred(const fs::path& path, const fs::path& other) {
  const auto rank = [](const fs::path& file) {
    const std::string name = file.string();
    return std::tuple(name.ends_with(".gz"), file.stem() != file.filename(), name.size(), name);
  };
  return rank(path) < rank(other);
}

std::optional<fs::path> mapping_of(const fs::path& folder, const std::string& prefix) {
  fs::path path = folder / (prefix + "-mapping.txt");
  if (prefix.empty() || !fs::exists(path)) return std::nullopt;
  return path;
}

// The same for two names of one file, dotted, compressed or not.
std::string plain_name(const fs::path& file) {
  std::string name = without_type(file).value_or("");
  std::ranges::replace(name, '.', '-');
  return name;
}

std::set<std::string> names_in(const IdxSet& set) {
  std::set<std::string> names;
  for (const auto& [split, path] : set.images) names.insert(plain_name(path));
  for (const auto& [split, path] : set.labels) names.insert(plain_name(path));
  return names;
}

}  // namespace

bool is_idx_name(const fs::path& path) {
  return without_type(path).has_value();
}

std::vector<LeftOut> files_beside_idx(const fs::path& folder, const std::vector<IdxSet>& sets,
                                      const IdxSet& set) {
  const std::set<std::string> own = names_in(set);
  std::vector<std::string> others;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (!is_idx_name(path) || is_hidden(path) || own.contains(plain_name(path))) continue;
    const auto name = parse(path);
    const bool of_other = name && name->prefix != set.prefix &&
                          std::ranges::count(sets, name->prefix, &IdxSet::prefix) > 0;
    if (!of_other) others.push_back(path.filename());
  }
  std::ranges::sort(others);
  std::vector<LeftOut> left_out = stray_files(folder, "an image beside the set's files");
  for (const std::string& name : others) {
    add_left_out(left_out, {"a file of no part of the set", 1, name});
  }
  return left_out;
}

std::vector<IdxSet> find_idx_sets(const fs::path& folder) {
  std::map<std::string, IdxSet> sets;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const auto name = parse(entry.path());
    const auto file = name ? file_at(entry) : std::nullopt;
    if (!file) continue;
    IdxSet& set = sets[name->prefix];
    const auto [place, is_new] =
        (name->is_images ? set.images : set.labels).try_emplace(name->split, *file);
    if (!is_new && is_preferred(*file, place->second)) place->second = *file;
  }
  std::vector<IdxSet> found;
  for (auto& [prefix, set] : sets) {
    if (set.images.empty()) continue;
    set.prefix = prefix;
    set.mapping = mapping_of(folder, prefix);
    found.push_back(std::move(set));
  }
  return found;
}

}  // namespace alexnet
