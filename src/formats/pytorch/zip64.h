#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace alexnet {

/// What an entry's header in the directory of a zip says of its bytes.
struct ZipPlace {
  std::uint64_t size = 0;
  std::uint64_t stored_size = 0;
  std::uint64_t header = 0;  ///< where its local header is
};

/// Of the header at `position` of the file: numbers beyond 32 bits are in zip64's extra field,
/// which minizip 1.1 passes over where long has 64 bits. None where it is damaged.
std::optional<ZipPlace> zip_place(std::span<const std::byte> file, std::uint64_t position);

/// Where the bytes behind a local header begin; none where there is no such header for `name`.
std::optional<std::uint64_t> zip_begin(std::span<const std::byte> file, std::uint64_t header,
                                       std::string_view name);

}  // namespace alexnet
