#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "data/files/random_access_file.h"

/// POSIX tar archives, as far as shards need them: files and links, with exact positions.
namespace alexnet {

inline constexpr std::size_t kTarBlock = 512;
using TarBlock = std::array<std::byte, kTarBlock>;

enum class TarKind {
  file,
  symbolic_link,
  lost_link,  ///< a hard link to what the archive does not hold before it
  other,      ///< sparse, or of an unknown type
};

/// A file or a link within an archive.
struct TarMember {
  TarKind kind = TarKind::file;
  std::string name;
  std::string target;        ///< of a link
  std::uint64_t offset = 0;  ///< of a file's first byte; of a hard link's, that of its target
  std::uint64_t size = 0;
};

/// Tells `visit` every member but folders and devices, in the archive's order; a hard link is the
/// file that it leads to. Reads the headers alone: ustar, GNU's and pax's long names and sizes.
/// Archives may follow one another, as `cat a.tar b.tar` makes them. Returns how many bytes lie
/// behind the last one's end and are no archive. Throws Error, naming archive and place, when the
/// archive is damaged or cut short.
std::uint64_t read_tar(const RandomAccessFile& file,
                       const std::function<void(const TarMember&)>& visit);

/// The header of a file of at most 8 GiB whose name has at most 100 bytes: always the same, owned
/// by nobody, of 1970.
TarBlock tar_header(const std::string& name, std::uint64_t size);

/// Bytes from the end of a file to the next header.
inline std::uint64_t tar_padding(std::uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

}  // namespace alexnet
