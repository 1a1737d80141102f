#include "data/shards/archives.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

#include "core/unicode.h"
#include "data/files/file_names.h"
#include "data/sets/part_folders.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::string name_of(const fs::path& path) {
  return path.filename().string();
}

// Sorted.
std::vector<fs::path> archives_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_archive_name(entry.path()) && !is_folder(entry)) names.push_back(name_of(entry.path()));
  }
  sort_names(names);
  std::vector<fs::path> paths(names.size());
  std::ranges::transform(names, paths.begin(), [&](const auto& name) { return folder / name; });
  return paths;
}

// Throws Error when an archive is of another part than its folder.
std::vector<Archive> archives_of_part(const fs::path& folder, Split split) {
  std::vector<Archive> archives;
  for (const fs::path& path : archives_in(folder)) {
    const Part own = part_of_name(archive_stem(path));
    if (own && own != split) {
      throw Error(
          fmt::format("{} is of the part '{}' by its name and of '{}' by its folder's; "
                      "rename one of them",
                      path.string(), split_name(*own), split_name(split)));
    }
    archives.push_back({path, split, true});
  }
  return archives;
}

// Archives of two sets have labels of their own. Of one part alone, sets are often given in pieces.
void refuse_several_sets(const std::vector<Archive>& archives) {
  const Archive* first = nullptr;
  for (const Archive& archive : archives) {
    if (archive.read.splits.empty() || archive.in_part_folder) continue;
    if (first == nullptr) first = &archive;
    if (archive.read.rest == first->read.rest) continue;
    throw Error(
        fmt::format("{} and {} are parts by their names, but not of one set; give those of one by "
                    "a pattern, or each part by its own (--val PATTERN)",
                    first->path.string(), archive.path.string()));
  }
}

void refuse_both(const fs::path& one, const fs::path& other, Split split) {
  throw Error(fmt::format(
      "{} and {} are both of the {} part by their names; keep one of them, or give the archives of "
      "each part by a pattern (--val PATTERN)",
      one.string(), other.string(), split_name(split)));
}

// By their names: val-0.tar and dev-0.tar.
void refuse_two_of_one_part(const std::vector<Archive>& archives) {
  std::map<Split, const Archive*> firsts;
  for (const Archive& archive : archives) {
    if (!archive.part || archive.read.word.empty()) continue;
    const Archive& first = *firsts.try_emplace(*archive.part, &archive).first->second;
    if (first.read.word != archive.read.word) refuse_both(first.path, archive.path, *archive.part);
  }
}

}  // namespace

std::string without_number(const std::string& stem) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  const std::string name = lowered(stem);
  auto begin = name.end();
  while (begin != name.begin() && (is_digit(begin[-1]) || is_small(begin[-1]))) --begin;
  const std::string_view last(begin, name.end());
  const bool is_hexadecimal = last.find_first_not_of("0123456789abcdef") == last.npos &&
                              std::ranges::any_of(last, is_digit);
  const bool is_number =
      is_hexadecimal || (last.size() <= 2 && std::ranges::all_of(last, is_small));
  return is_number ? stem.substr(0, stem.size() - last.size()) : stem;
}

void refuse_mixed(const std::vector<Archive>& archives) {
  refuse_several_sets(archives);
  refuse_two_of_one_part(archives);
}

std::vector<Archive> archives_below(const fs::path& folder, std::vector<std::string> parts) {
  std::vector<Archive> archives;
  std::vector<std::string> names;
  for (const fs::path& path : archives_in(folder)) {
    archives.push_back({path, part_of_name(archive_stem(path))});
    names.push_back(name_of(path));
  }
  refuse_glued_parts(folder, names);
  std::erase_if(parts, [&](const auto& part) { return archives_in(folder / part).empty(); });
  for (const auto& [split, part] : part_folders_by_split(folder, parts)) {
    const auto beside = std::ranges::find(archives, Part(split), &Archive::part);
    if (beside != archives.end()) refuse_both(beside->path, part, split);
    std::ranges::copy(archives_of_part(part, split), std::back_inserter(archives));
  }
  refuse_mixed(archives);
  return archives;
}

}  // namespace alexnet
