#pragma once

#include <alexnet/caffe.h>

#include <cstddef>
#include <span>
#include <string>

namespace alexnet {

/// A file's bytes, and its name for messages.
struct CaffeSource {
  std::span<const std::byte> bytes;
  std::string name;
};

/// read_caffe of two files' bytes. Throws Error, beginning with the name of the one at fault.
CaffeNetwork parse_caffe(const CaffeSource& prototxt, const CaffeSource& caffemodel);

}  // namespace alexnet
