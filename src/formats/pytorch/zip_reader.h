#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

struct ZipEntry {
  std::string name;
  bool is_stored = false;      ///< neither compressed nor encrypted
  std::span<std::byte> bytes;  ///< of a stored entry, where they lie in the file
  std::uint32_t checksum = 0;  ///< CRC-32 of the bytes as the directory has it; not checked
};

/// What a zip's directory says, checked: every stored entry lies within the file, no two overlap,
/// no name is there twice. Throws Error, beginning with `source`.
std::vector<ZipEntry> read_zip_directory(std::span<std::byte> file, std::string_view source);

}  // namespace alexnet
