#include "data/shards/shard_files.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <system_error>

#include "core/unicode.h"
#include "data/files/file_names.h"
#include "data/image/formats.h"
#include "data/sets/folder_layout.h"
#include "data/sets/left_out.h"
#include "data/sets/part_folders.h"
#include "data/sets/split.h"
#include "data/sets/stray_files.h"
#include "data/shards/archive_file.h"
#include "data/shards/archives.h"
#include "data/shards/pattern.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

std::string name_of(const fs::path& path) {
  return path.filename().string();
}

// Of archives that are there both as they are and compressed, the former: the shorter name.
std::vector<fs::path> each_once(const std::vector<fs::path>& paths,
                                std::vector<LeftOut>& left_out) {
  std::map<fs::path, fs::path> by_stem;
  for (const fs::path& path : paths) {
    const auto [place, is_new] = by_stem.try_emplace(path.parent_path() / archive_stem(path), path);
    if (is_new) continue;
    fs::path other = path;
    if (other.native().size() < place->second.native().size()) std::swap(other, place->second);
    add_left_out(left_out, {"a compressed copy of a shard", 1, name_of(other)});
  }
  std::vector<fs::path> once;
  std::ranges::copy_if(paths, std::back_inserter(once), [&](const fs::path& path) {
    return by_stem.at(path.parent_path() / archive_stem(path)) == path;
  });
  return once;
}

// What lies in a folder. Nothing where it must not be read, such as lost+found.
struct Content {
  bool archives = false;
  bool archives_of_parts = false;
  bool images = false;
  std::vector<std::string> folders;
};

Content content_of(const fs::path& folder) {
  Content content;
  std::error_code unreadable;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, unreadable)) {
    const fs::path& path = entry.path();
    if (is_hidden(path)) continue;
    if (is_folder(entry)) {
      content.folders.push_back(name_of(path));
    } else if (is_archive_name(path)) {
      const PartName part = read_part_name(archive_stem(path));
      content.archives = true;
      content.archives_of_parts |= part.is_unclear || !part.splits.empty();
    } else {
      content.images |= is_image_extension(path.extension());
    }
  }
  sort_names(content.folders);
  return content;
}

std::vector<std::string> part_folders(const fs::path& folder, const Content& content) {
  return find_part_folders(folder, content.folders, [&](const std::string& name) {
    return content_of(folder / name).archives;
  });
}

ShardFiles by_part(const std::vector<Archive>& archives, Split undivided) {
  const bool has_parts = std::ranges::any_of(
      archives, [](const Archive& archive) { return archive.part.has_value(); });
  ShardFiles files;
  for (const auto& [path, part, in_part_folder, read] : archives) {
    if (has_parts && !part) {
      add_left_out(files.left_out, {"an archive of no part", 1, name_of(path)});
    } else {
      files.parts[static_cast<std::size_t>(part.value_or(undivided))].push_back(path);
    }
  }
  for (std::vector<fs::path>& part : files.parts) part = each_once(part, files.left_out);
  return files;
}

bool are_of_several_parts(const std::vector<Archive>& archives) {
  return std::ranges::any_of(
      archives, [&](const Archive& archive) { return archive.part != archives.front().part; });
}

// An archive given by hand is for validation if its name may say test as well: see part_of_folder.
bool is_for_validation_or_test(const Archive& archive) {
  return archive.read.is_unclear && archive.read.splits.empty();
}

// As it is called, wherever the program was started.
fs::path folder_of(const fs::path& archive) {
  std::error_code absent;
  return fs::weakly_canonical(archive, absent).parent_path();
}

// Whether the archives of a pattern lie in several folders, each called as one part.
bool are_in_part_folders(const std::vector<Archive>& archives) {
  std::set<fs::path> folders;
  for (const Archive& archive : archives) folders.insert(folder_of(archive.path));
  return folders.size() > 1 && std::ranges::all_of(folders, [](const fs::path& folder) {
           const PartName read = read_part_name(name_of(folder));
           return read.splits.size() == 1 && !read.is_unclear;
         });
}

}  // namespace

std::vector<std::string> other_folders(const fs::path& folder,
                                       const std::vector<std::string>& parts) {
  std::vector<std::string> names = content_of(folder).folders;
  std::erase_if(names, [&](const auto& name) { return std::ranges::count(parts, name) > 0; });
  return names;
}

// An archive beside class folders, such as the one that they came from, makes no shards of them.
bool has_shard_files(const fs::path& folder) {
  const Content content = content_of(folder);
  if (content.archives && class_folders(folder).empty()) return true;
  const std::vector<std::string> parts = part_folders(folder, content);
  bool archives_of_parts = content.archives_of_parts;
  for (const std::string& part : parts) {
    const Content inner = content_of(folder / part);
    if (inner.images || !inner.folders.empty()) return false;
    archives_of_parts |= inner.archives;
  }
  return archives_of_parts && std::ranges::none_of(content.folders, [&](const std::string& name) {
           return std::ranges::count(parts, name) == 0 && content_of(folder / name).images;
         });
}

std::vector<Split> ShardFiles::splits() const {
  std::vector<Split> there;
  std::ranges::copy_if(kSplits, std::back_inserter(there),
                       [&](Split split) { return !of(split).empty(); });
  return there;
}

ShardFiles shard_files_in(const fs::path& folder) {
  const std::vector<std::string> parts = part_folders(folder, content_of(folder));
  const std::vector<Archive> archives = archives_below(folder, parts);
  const bool is_divided = std::ranges::any_of(
      archives, [](const Archive& archive) { return archive.part.has_value(); });
  const Split undivided = is_divided ? Split::train : part_of_folder(folder).value_or(Split::train);
  ShardFiles files = by_part(archives, undivided);
  std::ranges::copy(stray_files(folder, kOutsideOfShards, is_archive_name),
                    std::back_inserter(files.left_out));
  files.ignored = other_folders(folder, parts);
  return files;
}

ShardFiles shard_files_of(std::string_view pattern) {
  std::vector<Archive> archives;
  for (const fs::path& path : find_shards(pattern)) archives.push_back({path, std::nullopt});
  const bool all_unclear = std::ranges::all_of(archives, is_for_validation_or_test);
  const bool in_part_folders = are_in_part_folders(archives);
  for (Archive& archive : archives) {
    const std::string stem = archive_stem(archive.path);
    archive.in_part_folder = in_part_folders;
    archive.part = all_unclear ? Part(Split::validation) : part_of_name(stem);
    if (archive.part) continue;
    const fs::path folder = folder_of(archive.path);
    archive.part = in_part_folders ? part_of_name(name_of(folder)) : part_of_folder(folder);
  }
  if (are_of_several_parts(archives)) refuse_mixed(archives);
  return by_part(archives, Split::train);
}

}  // namespace alexnet
