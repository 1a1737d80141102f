#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace alexnet {

/// Whether a folder holds what parts hold: class folders, or archives.
using HoldsPart = std::function<bool(const std::string& name)>;

/// Those of the folders `names` in `root` that are parts of a set and no classes: those called so
/// and nothing else (PartName::is_plain), or else those of one further name, as imagenet_train and
/// imagenet_val. Throws Error when a folder looks like a part that these are not, when there are
/// several further names, and when the names of all say parts and it is not clear which.
std::vector<std::string> find_part_folders(const std::filesystem::path& root,
                                           const std::vector<std::string>& names,
                                           const HoldsPart& holds_part);

/// Where each part is, of the part folders `names` in `root`. Throws Error when a name may be one
/// part or another, and when two are the same.
std::map<Split, std::filesystem::path> part_folders_by_split(const std::filesystem::path& root,
                                                             const std::vector<std::string>& names);

/// Throws Error when folders that hold no part are called as parts of one set.
void refuse_flat_parts(const std::filesystem::path& root, const std::vector<std::string>& names,
                       const HoldsPart& holds_part);

}  // namespace alexnet
