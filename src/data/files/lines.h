#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace alexnet {

/// The lines of a list of names, as UTF-8 (as_utf8), without a byte-order mark and empty ones at
/// the end. Throws Error, also when an empty line stands before names, which are numbered by lines.
std::vector<std::string> read_names(const std::filesystem::path& file);

}  // namespace alexnet
