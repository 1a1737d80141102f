#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/folder_index.h"

namespace alexnet {

/// JPEG and PNG files, RGB, in class folders below train/, val/ and test/ or directly below `root`;
/// deeper folders belong to the class, hidden ones are left out. Classes are the sorted folder
/// names of the training split. Null when there is no val/. Throws Error when there are no images,
/// or when another split has a class that training has not.
DatasetPtr open_image_folder(const std::filesystem::path& root, Split split);

/// Its images by path, and the names of its classes.
struct ImageFolderFiles {
  FolderIndex files;
  std::vector<std::string> classes;
};

/// What open_image_folder opens; none where that is null. Throws Error likewise.
std::optional<ImageFolderFiles> find_image_folder(const std::filesystem::path& root, Split split);

/// The splits that a folder has; of class folders directly below it, Split::train alone.
std::vector<Split> image_folder_splits(const std::filesystem::path& root);

}  // namespace alexnet
