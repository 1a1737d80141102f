#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <vector>

namespace alexnet {

/// Whether a folder, or its cifar-10-batches-bin or cifar-100-binary, holds CIFAR's binary files.
bool is_cifar_folder(const std::filesystem::path& folder);

/// CIFAR-100 with its fine labels. Null for Split::validation. Throws Error when a file is missing
/// or is no whole number of records.
DatasetPtr open_cifar(const std::filesystem::path& folder, Split split);

/// The splits of which it holds a file at least.
std::vector<Split> cifar_splits(const std::filesystem::path& folder);

}  // namespace alexnet
