#pragma once

#include <filesystem>

namespace alexnet {

/// Makes the folder, and those above it, where there is none. Throws Error.
void make_folder(const std::filesystem::path& folder);

/// Whether `path`, which need not exist, is the folder or lies in it, links followed.
bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace alexnet
