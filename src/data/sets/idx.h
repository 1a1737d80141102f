#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <string_view>
#include <vector>

namespace alexnet {

/// Whether a folder holds files as MNIST's (find_idx_sets).
bool is_idx_folder(const std::filesystem::path& folder);

/// The set of this prefix ("emnist-letters"); without one, the only set that there is. Class names
/// are Fashion-MNIST's or KMNIST's in a folder of that name; of EMNIST the characters of its
/// mapping; else numbers, as many as the training labels need, from 0, and at least ten, or from 1
/// where no label is 0. EMNIST's images are turned to stand upright: its files have rows and
/// columns exchanged. Null for a part of which there is no file. Throws Error when a file is
/// missing, its header and content disagree, or there are several sets.
DatasetPtr open_idx(const std::filesystem::path& folder, Split split, std::string_view prefix = "");

/// The splits of which that set has a file at least. Throws Error when it is not clear which set.
std::vector<Split> idx_splits(const std::filesystem::path& folder, std::string_view prefix = "");

}  // namespace alexnet
