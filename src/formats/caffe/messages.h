#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "formats/caffe/caffe.pb.h"

namespace alexnet {

/// What a .prototxt says, its V1 layers turned into V2's. Fields that caffe.proto leaves out are
/// passed over. Throws Error, beginning with `source`, as the others do.
caffe::NetParameter parse_prototxt(const std::string& text, std::string_view source);

/// What a .caffemodel says, in the same way.
caffe::NetParameter parse_caffemodel(std::span<const std::byte> file, std::string_view source);

/// What a .binaryproto says.
caffe::BlobProto parse_binaryproto(std::span<const std::byte> file, std::string_view source);

}  // namespace alexnet
