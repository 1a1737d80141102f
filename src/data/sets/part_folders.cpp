#include "data/sets/part_folders.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "data/sets/split.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

struct Folder {
  std::string name;
  PartName read;
  bool holds_part = false;

  bool is_of_one_part() const { return read.splits.size() == 1; }
};

using Folders = std::vector<Folder>;

Folders read_folders(const std::vector<std::string>& names, const HoldsPart& holds_part) {
  Folders folders;
  for (const std::string& name : names) {
    Folder& folder = folders.emplace_back(Folder{name, read_part_name(name)});
    const bool says_part = folder.read.is_unclear || !folder.read.splits.empty();
    folder.holds_part = says_part && holds_part(name);
  }
  return folders;
}

std::vector<std::string> names_of(const Folders& folders) {
  std::vector<std::string> names(folders.size());
  std::ranges::transform(folders, names.begin(), &Folder::name);
  return names;
}

bool has_part(const Folders& folders, Split split) {
  return std::ranges::any_of(folders, [&](const Folder& folder) {
    return std::ranges::count(folder.read.splits, split) > 0;
  });
}

void refuse_other_part(const fs::path& root, const Folders& plain, const Folders& all) {
  for (const Folder& folder : all) {
    const bool is_other = folder.holds_part && folder.is_of_one_part() &&
                          !has_part(plain, folder.read.splits.front());
    if (!is_other) continue;
    const std::string_view part = split_name(folder.read.splits.front());
    throw Error(fmt::format(
        "{} may be the {} part beside {}, by its name; rename it to {} if it is, "
        "or move it elsewhere; parts can also be given one by one (--val DATA)",
        (root / folder.name).string(), part, (root / plain.front().name).string(), part));
  }
}

// Folders of one further name; more than one part, or all that there are.
std::vector<Folders> sets_of_parts(const Folders& all) {
  std::map<std::string, Folders> groups;
  for (const Folder& folder : all) {
    if (folder.holds_part && folder.is_of_one_part()) groups[folder.read.rest].push_back(folder);
  }
  std::vector<Folders> sets;
  for (auto& [rest, group] : groups) {
    const bool differ = std::ranges::any_of(group, [&first = group.front()](const Folder& other) {
      return other.read.splits != first.read.splits;
    });
    if (differ || group.size() == all.size()) sets.push_back(std::move(group));
  }
  return sets;
}

void refuse_several(const fs::path& root, const Folder& one, const Folder& other) {
  throw Error(fmt::format(
      "{} and {} are parts by their names, but not of one set; give the folder of one part (with "
      "--val the folder of another), or move each set into a folder of its own",
      (root / one.name).string(), (root / other.name).string()));
}

// Classes may be called "toy train" and "test tube", but hardly "toy train" and "toy test".
bool are_parts(const Folder& one, const Folder& other, bool all_say_parts) {
  if (one.read.splits == other.read.splits) return false;
  if (one.read.is_plain() && other.read.is_plain()) return true;
  const bool either_is_plain = one.read.is_plain() || other.read.is_plain();
  return has_part({one, other}, Split::train) &&
         (one.read.rest == other.read.rest || (all_say_parts && either_is_plain));
}

Split split_of(const fs::path& root, const std::string& name) {
  try {
    return part_of_name(name).value();
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", root.string(), error.what()));
  }
}

}  // namespace

// A folder called train may also be a class, of railway pictures: then it has siblings that are no
// parts, and holds no folders of its own.
std::vector<std::string> find_part_folders(const fs::path& root,
                                           const std::vector<std::string>& names,
                                           const HoldsPart& holds_part) {
  const Folders all = read_folders(names, holds_part);
  Folders plain;
  std::ranges::copy_if(all, std::back_inserter(plain),
                       [](const Folder& folder) { return folder.read.is_plain(); });
  const auto is_certain = [](const Folder& folder) {
    return folder.holds_part && folder.is_of_one_part();
  };
  if (!plain.empty()) {
    if (plain.size() < all.size() && std::ranges::none_of(plain, is_certain)) return {};
    refuse_other_part(root, plain, all);
    return names_of(plain);
  }
  const std::vector<Folders> sets = sets_of_parts(all);
  if (sets.size() > 1) refuse_several(root, sets[0].front(), sets[1].front());
  if (sets.size() == 1) return names_of(sets.front());
  if (all.size() > 1 && std::ranges::all_of(all, is_certain)) refuse_several(root, all[0], all[1]);
  return {};
}

std::map<Split, fs::path> part_folders_by_split(const fs::path& root,
                                                const std::vector<std::string>& names) {
  std::map<Split, fs::path> folders;
  for (const std::string& name : names) {
    const Split split = split_of(root, name);
    const auto [same, is_new] = folders.try_emplace(split, root / name);
    if (is_new) continue;
    throw Error(fmt::format("{} and {} are both the {} part by their names; keep one of them",
                            same->second.string(), (root / name).string(), split_name(split)));
  }
  return folders;
}

void refuse_flat_parts(const fs::path& root, const std::vector<std::string>& names,
                       const HoldsPart& holds_part) {
  const Folders all = read_folders(names, holds_part);
  Folders parts;
  std::ranges::copy_if(all, std::back_inserter(parts), [](const Folder& folder) {
    return folder.is_of_one_part() && !folder.holds_part;
  });
  for (const Folder& one : parts) {
    for (const Folder& other : parts) {
      if (!are_parts(one, other, parts.size() == all.size())) continue;
      throw Error(
          fmt::format("{} and {} are parts by their names, but hold no class folders; put a "
                      "folder for each class into them, or rename them if they are classes",
                      (root / one.name).string(), (root / other.name).string()));
    }
  }
}

}  // namespace alexnet
