#pragma once

#include <alexnet/dataset.h>

#include <filesystem>

namespace alexnet {

/// JPEG and PNG files, RGB, in class folders below train/, val/ and test/ or directly below `root`;
/// deeper folders belong to the class, hidden ones are left out. Classes are the sorted folder
/// names of the training split. Null when there is no val/. Throws Error when there are no images,
/// or when another split has a class that training has not.
DatasetPtr open_image_folder(const std::filesystem::path& root, Split split);

}  // namespace alexnet
