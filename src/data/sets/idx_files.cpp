#include "data/sets/idx_files.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "data/files/file_names.h"
#include "data/sets/split.h"

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

std::optional<IdxName> parse(const fs::path& file) {
  std::string text = lowered(file.filename().string());
  remove_end(text, ".gz");
  constexpr std::array<std::string_view, 3> kTypes{"idx3-ubyte", "idx1-ubyte", "idx2-int"};
  if (std::ranges::none_of(kTypes, [&](std::string_view type) { return remove_end(text, type); })) {
    return std::nullopt;
  }
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

}  // namespace

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
