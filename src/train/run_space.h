#pragma once

#include <cstdint>
#include <filesystem>

namespace alexnet {

/// Throws Error unless the folder's file system has room for what a run of so many parameters will
/// write beside what is there, and one file may be as large as its checkpoints.
void require_space(const std::filesystem::path& folder, std::int64_t parameters);

}  // namespace alexnet
