#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <string_view>
#include <vector>

namespace alexnet {

/// Whether a folder holds CIFAR's files, of the binary or the Python version, or one of the folders
/// that they are packed in (cifar-10-batches-bin, cifar-10-batches-py, cifar-100-binary,
/// cifar-100-python).
bool is_cifar_folder(const std::filesystem::path& folder);

/// Of such a folder. `labels`: "" or "fine", or of CIFAR-100 "coarse", its 20 superclasses. Null
/// for a part of which there is no file. Throws Error when a file is missing, is damaged or has no
/// such labels.
DatasetPtr open_cifar(const std::filesystem::path& folder, Split split,
                      std::string_view labels = "");

/// The splits of which it holds a file at least.
std::vector<Split> cifar_splits(const std::filesystem::path& folder, std::string_view labels = "");

}  // namespace alexnet
