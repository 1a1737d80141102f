#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/sets/split.h"
#include "data/shards/archive_file.h"

namespace alexnet {

using Part = std::optional<Split>;

/// A shard's name without the letters or the hexadecimal digits that number it: "train" of
/// "train_a", "train-ab" and "train-00ff".
std::string without_number(const std::string& stem);

/// A tar archive of a set, and the part that its name says, or its folder's.
struct Archive {
  std::filesystem::path path;
  Part part;
  bool in_part_folder = false;
  PartName read = read_part_name(without_number(archive_stem(path)));
};

/// The archives in a folder and in those of its folders that are `parts`. Throws Error when a name
/// may be one part or another, or is of another than its folder's, and as refuse_mixed does.
std::vector<Archive> archives_below(const std::filesystem::path& folder,
                                    std::vector<std::string> parts);

/// Throws Error when archives are of two sets, or two names stand for one part.
void refuse_mixed(const std::vector<Archive>& archives);

}  // namespace alexnet
