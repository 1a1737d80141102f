#pragma once

#include <alexnet/image.h>

#include <filesystem>
#include <string>

namespace alexnet {

/// A PNG file of 1 (grey) or 3 (RGB) channels, as bytes. Throws Error.
std::string encode_png(const Image& image);

/// Writes a PNG file of 1 (grey) or 3 (RGB) channels, complete or not at all. Throws Error.
void save_png(const std::filesystem::path& path, const Image& image);

}  // namespace alexnet
