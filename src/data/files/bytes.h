#pragma once

#include <cstdint>
#include <span>

#include "core/file.h"

namespace alexnet {

using ByteView = std::span<const std::uint8_t>;

/// Valid as long as the file is mapped.
inline ByteView bytes_of(const MappedFile& file) {
  const std::span<const std::byte> bytes = file.bytes();
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace alexnet
