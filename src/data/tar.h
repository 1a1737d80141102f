#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "data/random_access_file.h"

/// POSIX tar archives, as far as shards need them: regular files, with exact positions.
namespace alexnet {

inline constexpr std::size_t kTarBlock = 512;
using TarBlock = std::array<std::byte, kTarBlock>;

/// A regular file within an archive.
struct TarMember {
  std::string name;
  std::uint64_t offset = 0;  ///< of its first byte
  std::uint64_t size = 0;
};

/// Tells `visit` every regular file, in the archive's order. Reads the headers alone: ustar, GNU's
/// and pax's long names and sizes. Throws Error, naming archive and place, when the archive is
/// damaged or cut short.
void read_tar(const std::filesystem::path& path,
              const std::function<void(const RandomAccessFile&, const TarMember&)>& visit);

/// The header of a file of at most 8 GiB whose name has at most 100 bytes: always the same, owned
/// by nobody, of 1970.
TarBlock tar_header(const std::string& name, std::uint64_t size);

/// Bytes from the end of a file to the next header.
inline std::uint64_t tar_padding(std::uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

}  // namespace alexnet
