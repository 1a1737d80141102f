#pragma once

#include <filesystem>

namespace alexnet {

/// Makes the folder, and those above it, where there is none. Throws Error.
void make_folder(const std::filesystem::path& folder);

}  // namespace alexnet
