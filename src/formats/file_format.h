#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace alexnet {

enum class FileFormat : std::uint8_t { safetensors, pytorch, onnx, caffe, matlab };

/// By a file's first bytes, and by its extension where these could be anything. Throws Error,
/// listing what can be read, when it is none of them.
FileFormat file_format(std::span<const std::byte> file, const std::filesystem::path& path);

/// By the extension alone. Throws Error, listing them, on another one.
FileFormat format_of_extension(const std::filesystem::path& path);
/// The same, of a file of the convolutions alone. Throws Error too where they are not written so.
FileFormat trunk_format_of_extension(const std::filesystem::path& path);

}  // namespace alexnet
