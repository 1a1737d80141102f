#include "formats/pytorch/zip64.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "a zip stores the little end first");

// PKWARE's APPNOTE.TXT, 4.3.12, 4.3.7 and 4.5.3: lengths of headers, and places in them.
constexpr std::string_view kDirectoryHeader = "PK\x01\x02";
constexpr std::size_t kDirectoryBytes = 46;
constexpr std::size_t kStoredSize = 20;
constexpr std::size_t kSize = 24;
constexpr std::size_t kDirectoryName = 28;  // the length, before that of the extra fields
constexpr std::size_t kHeader = 42;
constexpr std::string_view kLocalHeader = "PK\x03\x04";
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kLocalName = 26;  // likewise
constexpr std::size_t kExtraHeader = 4;
constexpr std::uint16_t kZip64 = 1;
constexpr std::uint32_t kElsewhere = std::numeric_limits<std::uint32_t>::max();

using Bytes = std::string_view;

template <class Number>
Number number(Bytes bytes, std::size_t position) {
  Number value{};
  std::memcpy(&value, bytes.data() + position, sizeof value);
  return value;
}

// `size` bytes from `position` on, none where the file has fewer.
std::optional<Bytes> part(std::span<const std::byte> file, std::uint64_t position,
                          std::uint64_t size) {
  if (position > file.size() || size > file.size() - position) return std::nullopt;
  const auto bytes = file.subspan(position, size);
  return Bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Bytes zip64_field(Bytes extra) {
  while (extra.size() >= kExtraHeader) {
    const auto id = number<std::uint16_t>(extra, 0);
    const auto size = number<std::uint16_t>(extra, 2);
    extra.remove_prefix(kExtraHeader);
    if (id == kZip64) return extra.substr(0, size);
    extra.remove_prefix(std::min<std::size_t>(size, extra.size()));
  }
  return {};
}

// The next number of the field, in place of one that says so.
bool settle(std::uint64_t& value, Bytes& field) {
  if (value != kElsewhere) return true;
  if (field.size() < sizeof value) return field.empty();  // 4,294,967,295 itself
  value = number<std::uint64_t>(field, 0);
  field.remove_prefix(sizeof value);
  return true;
}

}  // namespace

std::optional<ZipPlace> zip_place(std::span<const std::byte> file, std::uint64_t position) {
  const auto header = part(file, position, kDirectoryBytes);
  if (!header || !header->starts_with(kDirectoryHeader)) return std::nullopt;
  const auto name = number<std::uint16_t>(*header, kDirectoryName);
  const auto extra = part(file, position + kDirectoryBytes + name,
                          number<std::uint16_t>(*header, kDirectoryName + 2));
  if (!extra) return std::nullopt;
  ZipPlace place{.size = number<std::uint32_t>(*header, kSize),
                 .stored_size = number<std::uint32_t>(*header, kStoredSize),
                 .header = number<std::uint32_t>(*header, kHeader)};
  Bytes field = zip64_field(*extra);
  const bool settled =
      settle(place.size, field) && settle(place.stored_size, field) && settle(place.header, field);
  return settled ? std::optional(place) : std::nullopt;
}

std::optional<std::uint64_t> zip_begin(std::span<const std::byte> file, std::uint64_t header,
                                       std::string_view name) {
  const auto local = part(file, header, kLocalBytes);
  if (!local || !local->starts_with(kLocalHeader)) return std::nullopt;
  const auto length = number<std::uint16_t>(*local, kLocalName);
  const auto its_name = part(file, header + kLocalBytes, length);
  if (!its_name || *its_name != name) return std::nullopt;
  return header + kLocalBytes + length + number<std::uint16_t>(*local, kLocalName + 2);
}

}  // namespace alexnet
