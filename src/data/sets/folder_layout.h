#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <string>
#include <vector>

namespace alexnet {

/// Where the class folders of a set of images are.
struct FolderLayout {
  struct Part {
    Split split = Split::train;
    std::filesystem::path folder;  ///< of class folders
  };

  std::vector<Part> parts;           ///< in the order of kSplits
  std::vector<std::string> ignored;  ///< visible folders of the root that hold none of its images
};

/// The parts below `root` that are called so (part_of_name), which makes the others ignored; else
/// `root` is one part: the one that it is called by (part_of_folder), or training's. Throws Error
/// when two folders are the same part, what looks like a part may be one or another or of another
/// set (find_part_folders), a part's folder is a broken link, images lie beside a lone part, or
/// two are called as parts and hold no class folders.
FolderLayout find_layout(const std::filesystem::path& root);

/// Names of the class folders of a part, sorted: all visible ones but those of runs.
std::vector<std::string> class_folders(const std::filesystem::path& folder);

/// Names of the others, sorted.
std::vector<std::string> run_folders(const std::filesystem::path& folder);

}  // namespace alexnet
