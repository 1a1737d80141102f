#pragma once

#include <cstdint>
#include <filesystem>

namespace alexnet {

enum class FileFormat : std::uint8_t { safetensors, pytorch, onnx, caffe };

/// By the file's first bytes, and by its extension where these could be anything. Throws Error,
/// listing what can be read, when it is none of them.
FileFormat file_format(const std::filesystem::path& path);

/// By the extension alone. Throws Error, listing them, on another one.
FileFormat format_of_extension(const std::filesystem::path& path);

}  // namespace alexnet
