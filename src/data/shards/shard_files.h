#pragma once

#include <alexnet/dataset.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// Why images beside shards are left out.
inline constexpr std::string_view kOutsideOfShards = "an image outside of the shards";

/// A set's archives, by part.
struct ShardFiles {
  std::array<std::vector<std::filesystem::path>, 3> parts;  ///< of each Split
  std::vector<LeftOut> left_out;                            ///< what lies beside them
  std::vector<std::string> ignored;                         ///< folders that are no parts

  const std::vector<std::filesystem::path>& of(Split split) const {
    return parts[static_cast<std::size_t>(split)];
  }
  /// In the order of kSplits.
  std::vector<Split> splits() const;
};

/// Visible folders in `folder` that are none of `parts`, by name, sorted.
std::vector<std::string> other_folders(const std::filesystem::path& folder,
                                       const std::vector<std::string>& parts = {});

/// Whether a folder holds tar archives that are a set: archives of parts, also in folders of parts
/// (find_part_folders), and no images elsewhere, or any archives and no folders.
bool has_shard_files(const std::filesystem::path& folder);

/// The archives in a folder and in those of its folders that are parts. An archive is of the part
/// that its name says (part_of_name), else of the one that its folder is called by;
/// archives of none are training's where there are no others, and else left out. Throws Error when
/// a name may be one part or another, or contradicts its folder's, and when names are of two sets
/// (a-train, b-train), or a part's of two words or in two places (val, dev).
ShardFiles shard_files_in(const std::filesystem::path& folder);

/// Those that a pattern names, by the same rule; of a single part, in whatever places and of
/// whatever sets.
ShardFiles shard_files_of(std::string_view pattern);

}  // namespace alexnet
