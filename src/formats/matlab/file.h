#pragma once

#include <alexnet/matlab.h>

#include <cstddef>
#include <span>
#include <string>

namespace alexnet {

/// read_matconvnet of a file's bytes. Throws Error, beginning with `source`.
MatConvNetwork parse_matconvnet(std::span<const std::byte> file, const std::string& source);

}  // namespace alexnet
