#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace alexnet {

/// CRC-32 (zlib's) of bytes that follow others, whose checksum is `before`.
std::uint32_t crc32_of(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace alexnet
