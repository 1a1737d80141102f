#pragma once

#include <filesystem>
#include <string>

#include "infer/features/reduction.h"

namespace alexnet {

/// A layer's principal components as files of a folder: NAME.mean.npy, NAME.components.npy,
/// NAME.variances.npy and NAME.variance_ratios.npy.
void write_pca(const std::filesystem::path& folder, const std::string& name, const Pca& pca);
bool has_pca(const std::filesystem::path& folder, const std::string& name);
/// Throws Error when one of them is missing or damaged.
Pca read_pca(const std::filesystem::path& folder, const std::string& name);

}  // namespace alexnet
