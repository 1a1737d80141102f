#pragma once

#include <filesystem>

#include "formats/caffe.pb.h"

namespace alexnet {

/// A .prototxt, its V1 layers turned into V2's. Fields that caffe.proto leaves out are passed over.
/// Throws Error, naming the file.
caffe::NetParameter read_prototxt(const std::filesystem::path& path);

/// A .caffemodel, in the same way. Throws Error, naming the file.
caffe::NetParameter read_caffemodel(const std::filesystem::path& path);

/// A .binaryproto. Throws Error, naming the file.
caffe::BlobProto read_binaryproto(const std::filesystem::path& path);

}  // namespace alexnet
