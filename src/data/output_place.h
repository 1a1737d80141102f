#pragma once

#include <filesystem>
#include <string_view>

namespace alexnet {

/// Throws Error when a folder that a program writes would be the folder `data` or lie in it, where
/// it would be taken for a class of the set: unless it lies in the folder of a run or of
/// explanations, or beside several parts, or DATA is files of MNIST's or CIFAR's. Fine
/// where `data` is no folder.
void refuse_folder_in_data(const std::filesystem::path& folder, std::string_view data);
/// The same of a file, which may lie directly in `data`.
void refuse_file_in_data(const std::filesystem::path& file, std::string_view data);

}  // namespace alexnet
