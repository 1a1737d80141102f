#pragma once

#include <alexnet/onnx.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace onnx {
class ModelProto;
}

namespace alexnet {

/// The messages in an ONNX file's bytes. Throws Error, beginning with `source`, when they are not
/// such, more than 2 GB, or of more fields than a network needs: an empty message takes two bytes
/// in the file and hundreds in memory.
std::unique_ptr<onnx::ModelProto> parse_onnx_message(std::span<const std::byte> file,
                                                     std::string_view source);

/// read_onnx of a file's bytes; external data is looked for in `folder`. Throws Error, beginning
/// with `source`.
OnnxNetwork parse_onnx(std::span<const std::byte> file, const std::filesystem::path& folder,
                       const OnnxReadOptions& options, std::string_view source);

}  // namespace alexnet
