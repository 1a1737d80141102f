#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/sets/folder_index.h"

namespace alexnet {

/// What may be wrong with a folder of class folders. All throw Error that says what to do.

/// Of two class folders whose names, sorted, look alike: Unicode writes "é" in two ways.
void refuse_same_names(const std::filesystem::path& folder, const std::vector<std::string>& names);

/// Of a folder of images directly in a class, or beside a training part, that is called as another
/// part is: images of a test part are no training images.
void refuse_inner_parts(const std::filesystem::path& folder, const FolderIndex& files);

/// Of a class without images.
void refuse_empty_class(const std::filesystem::path& folder,
                        const std::vector<ClassFolder>& folders, const FolderIndex& files);

[[noreturn]] void refuse_without_images(const std::filesystem::path& folder,
                                        const FolderIndex& files);

}  // namespace alexnet
