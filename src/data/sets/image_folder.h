#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/sets/folder_index.h"
#include "data/sets/split.h"

namespace alexnet {

/// Image files, RGB, in class folders below its parts' folders or directly below `root`
/// (find_layout); deeper folders belong to the class, hidden ones are left out. Classes are the
/// sorted folder names of the training part, or of this one where there is none, as UTF-8
/// (as_utf8), and behind them those of this part that training does not have. Null when there is no
/// such part. Throws Error when there are no images, or none of a class in training.
DatasetPtr open_image_folder(const std::filesystem::path& root, Split split);

/// Its images by path, and the names of its classes.
struct ImageFolderFiles {
  FolderIndex files;
  std::vector<std::string> classes;
};

/// Images of classes that training does not have.
enum class OtherClasses { keep, leave_out };

/// What open_image_folder opens, with such images or with a count of them; none where that is null.
/// Throws Error likewise.
std::optional<ImageFolderFiles> find_image_folder(const std::filesystem::path& root, Split split,
                                                  OtherClasses others);

/// Whether images lie directly in the folder, and no folders do. Throws filesystem_error.
bool is_picture_folder(const std::filesystem::path& folder);
/// The images of such a folder, RGB, in the order of their names; without classes, label 0. Throws
/// Error.
DatasetPtr open_picture_folder(const std::filesystem::path& folder);

/// Its parts, and the folders that are none.
DatasetParts image_folder_parts(const std::filesystem::path& root);

}  // namespace alexnet
