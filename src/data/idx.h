#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <vector>

namespace alexnet {

/// Whether a folder holds MNIST's files (train-images-idx3-ubyte, …, plain or .gz).
bool is_idx_folder(const std::filesystem::path& folder);

/// Class names: Fashion-MNIST's in a folder named fashion-mnist; digits elsewhere, as many as the
/// training labels need and at least ten. Null for Split::validation. Throws Error when a file is
/// missing or its header and content disagree.
DatasetPtr open_idx(const std::filesystem::path& folder, Split split);

/// The splits of which it holds a file at least.
std::vector<Split> idx_splits(const std::filesystem::path& folder);

}  // namespace alexnet
