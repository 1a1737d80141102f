#pragma once

#include <filesystem>
#include <string>

namespace alexnet {

/// Names that begin with a dot.
bool is_hidden(const std::filesystem::path& path);

/// ASCII letters become small.
std::string lowered(std::string text);

/// ".jpg", ".jpeg" or ".png", in letters of any case.
bool is_image_extension(const std::string& extension);

}  // namespace alexnet
