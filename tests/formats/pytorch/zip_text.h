#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/pickle_text.h"

namespace alexnet::test {

/// An entry of a zip, and what its headers say of it where that is not the truth.
struct ZipPart {
  std::string name;
  std::string bytes;
  std::optional<std::uint32_t> checksum = {};
  std::optional<std::uint32_t> size = {};          ///< in the directory, uncompressed
  std::optional<std::uint32_t> stored_size = {};   ///< in the directory
  std::optional<std::uint32_t> offset = {};        ///< of the local header
  std::optional<std::uint64_t> zip64_offset = {};  ///< the same, in an extra field of zip64
  std::uint16_t method = 0;
  std::uint16_t flags = 8;  ///< sizes follow the bytes, as torch.save has it
};

/// What both of an entry's headers share: version, flags, method, time, date, checksum, sizes, and
/// the lengths of name and extra fields.
inline std::string zip_fields(const ZipPart& part, std::size_t extra = 0) {
  const auto true_size = static_cast<std::uint32_t>(part.bytes.size());
  const auto true_checksum = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(part.bytes.data()), part.bytes.size()));
  return bytes_of(std::uint16_t{0}) + bytes_of(part.flags) + bytes_of(part.method) +
         bytes_of(std::uint32_t{0}) + bytes_of(part.checksum.value_or(true_checksum)) +
         bytes_of(part.stored_size.value_or(true_size)) + bytes_of(part.size.value_or(true_size)) +
         bytes_of(static_cast<std::uint16_t>(part.name.size())) +
         bytes_of(static_cast<std::uint16_t>(extra));
}

/// An entry of the directory for a local header at `offset`.
inline std::string zip_directory_entry(const ZipPart& part, std::uint32_t offset) {
  std::string extra;
  if (part.zip64_offset) {
    extra = joined(
        {bytes_of(std::uint16_t{1}), bytes_of(std::uint16_t{8}), bytes_of(*part.zip64_offset)});
    offset = 0xffffffff;
  }
  return joined({"PK\x01\x02", bytes_of(std::uint16_t{0}), zip_fields(part, extra.size()),
                 std::string(10, '\0'), bytes_of(part.offset.value_or(offset)), part.name, extra});
}

inline std::string zip(const std::vector<ZipPart>& parts) {
  std::string file;
  std::string directory;
  for (const ZipPart& part : parts) {
    const auto offset = static_cast<std::uint32_t>(file.size());
    file += joined({"PK\x03\x04", zip_fields(part), part.name, part.bytes});
    directory += zip_directory_entry(part, offset);
  }
  const auto count = static_cast<std::uint16_t>(parts.size());
  return joined({file, directory, "PK\x05\x06", std::string(4, '\0'), bytes_of(count),
                 bytes_of(count), bytes_of(static_cast<std::uint32_t>(directory.size())),
                 bytes_of(static_cast<std::uint32_t>(file.size())), bytes_of(std::uint16_t{0})});
}

/// A file of the zip format with this object and one storage, '0', which lies aligned for floats:
/// behind a header of 30 bytes and a name of 10.
inline std::string pth(const std::string& object, const std::string& storage_bytes = "") {
  return zip({{.name = "abc/data/0", .bytes = storage_bytes},
              {.name = "abc/data.pkl", .bytes = pickle(object)},
              {.name = "abc/version", .bytes = "3\n"}});
}

}  // namespace alexnet::test
