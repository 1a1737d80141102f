#pragma once

#include <filesystem>

namespace alexnet {

/// Whether a visible entry of the folder is as `wanted`. Throws filesystem_error.
bool has_visible(const std::filesystem::path& folder,
                 bool (*wanted)(const std::filesystem::directory_entry&));

/// Whether nothing visible is in the folder. Throws filesystem_error.
bool holds_nothing(const std::filesystem::path& folder);

/// Whether it is the folder of a run or of explanations, of which no image belongs to a set. Throws
/// filesystem_error.
bool is_output_folder(const std::filesystem::path& folder);

}  // namespace alexnet
