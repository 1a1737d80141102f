#pragma once

#include <alexnet/caffe.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace alexnet {

/// A file's bytes, and its name for messages.
struct CaffeSource {
  std::span<const std::byte> bytes;
  std::string name;
};

/// read_caffe_mean of a file's bytes. Throws Error, beginning with its name.
std::vector<float> parse_caffe_mean(const CaffeSource& file);

/// read_caffe of two files' bytes. Throws Error, beginning with the name of the one at fault.
CaffeNetwork parse_caffe(const CaffeSource& prototxt, const CaffeSource& caffemodel);

}  // namespace alexnet
