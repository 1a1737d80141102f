#pragma once

#include <filesystem>

#include "core/file.h"

namespace alexnet {

/// The files of a folder as a NumPy archive: a zip of stored entries, one at a time in memory.
/// `archive` is empty and is left to be committed. Throws Error.
void write_npz(AtomicFile& archive, const std::filesystem::path& folder);

}  // namespace alexnet
