#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "capi/call.h"

/// Structs of the C interface that begin with their size: callers may have been compiled with an
/// earlier or a later version of them.
namespace alexnet::capi {

/// Larger ones are a size that nobody has set.
inline constexpr std::size_t kMostBytes = 4096;

/// Fills a caller's struct of `size` bytes with what this version knows of it, and zeros. Throws
/// Error.
template <class Struct>
void write_struct(const Call& call, Struct* given, std::size_t size, Struct values) {
  static_assert(std::is_trivially_copyable_v<Struct>);
  call.need(given, "the struct");
  if (size < sizeof(std::size_t) || size > kMostBytes) {
    throw call.error(fmt::format("a size of {} is not possible; give sizeof the struct", size));
  }
  values.struct_size = size;
  std::memset(given, 0, size);
  std::memcpy(given, &values, std::min(size, sizeof(Struct)));
}

/// A caller's struct, with `defaults` for fields that it does not know. Throws Error where it has
/// no size, or more fields than this version and says something by them.
template <class Struct>
Struct read_struct(const Call& call, const Struct& given, const Struct& defaults,
                   std::string_view name) {
  static_assert(std::is_trivially_copyable_v<Struct>);
  std::size_t size = 0;
  std::memcpy(&size, &given, sizeof(size));
  if (size < sizeof(size) || size > kMostBytes) {
    throw call.error(
        fmt::format("the struct_size of {} is {}; fill it with {}_init", name, size, name));
  }
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&given);
  const auto is_set = [](unsigned char byte) { return byte != 0; };
  if (size > sizeof(Struct) && std::any_of(bytes + sizeof(Struct), bytes + size, is_set)) {
    throw call.error(
        fmt::format("{} of {} bytes sets what version {}.{} of the interface, with {}, does not "
                    "know; use a newer library",
                    name, size, ALEXNET_C_VERSION_MAJOR, ALEXNET_C_VERSION_MINOR, sizeof(Struct)),
        ErrorKind::unsupported);
  }
  Struct known = defaults;
  std::memcpy(&known, &given, std::min(size, sizeof(Struct)));
  return known;
}

}  // namespace alexnet::capi
