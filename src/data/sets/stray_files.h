#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <string_view>
#include <vector>

namespace alexnet {

/// Why archives beside a set are left out.
inline constexpr std::string_view kPackedBeside = "an archive, which is not read";

/// Visible images and archives directly in `folder`, which somebody may take for a part of the set
/// there: the former for `image_reason`. Those that are `expected` are the set's own. Throws
/// filesystem_error.
std::vector<LeftOut> stray_files(const std::filesystem::path& folder, std::string_view image_reason,
                                 bool (*expected)(const std::filesystem::path&) = nullptr);

}  // namespace alexnet
