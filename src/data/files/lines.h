#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace alexnet {

/// The lines of a list of names, as UTF-8 (as_utf8), without empty ones. Throws Error.
std::vector<std::string> read_names(const std::filesystem::path& file);

}  // namespace alexnet
