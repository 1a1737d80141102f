#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace alexnet {

/// Throws Error, beginning with `source`, unless the bytes, at most 2 GB, are a message of the type
/// with no more fields than a network needs: an empty message takes two bytes in a file and
/// hundreds in memory. `format` is the file's: "ONNX".
void check_message_fields(std::span<const std::byte> file, const google::protobuf::Descriptor& type,
                          std::string_view format, std::string_view source);

}  // namespace alexnet
