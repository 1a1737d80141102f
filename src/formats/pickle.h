#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

namespace alexnet {

enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  wide_integer,  ///< beyond 64 bits; its bytes, little end first, are the text
  real,
  text,
  tuple,
  list,
  dict,        ///< items: key, value, key, value, …
  global,      ///< text: "module.name"
  call,        ///< text: whom; items: a tuple of arguments, then a state if it was given one
  persistent,  ///< items: the tuple that the pickle's owner understands
};

/// An index into Pickle::values.
using PickleId = std::uint32_t;

struct PickleValue {
  PickleKind kind = PickleKind::none;
  std::int64_t integer = 0;     ///< of integer and boolean
  std::string_view text;        ///< lies in the pickle's bytes
  std::vector<PickleId> items;  ///< may lead back to the value itself
};

/// What a pickle describes, as written: nothing is called.
struct Pickle {
  std::deque<PickleValue> values;  // grows without moving
  PickleId root = 0;
  std::size_t size = 0;  ///< bytes that it took

  const PickleValue& operator[](PickleId id) const { return values[id]; }
};

/// A reader for the opcodes of protocol 2 that torch.save uses (Python's pickletools describes
/// them), with `globals` as the only names that it may contain; OrderedDict becomes a dict.
///
/// It never calls itself, and holds at most 100 bytes of memory for each byte of the pickle, 256
/// MiB in all: a million values, a million places in the memo, four million references.
///
/// Throws Error, beginning with `source`, at any other opcode or global, naming it, and where the
/// pickle is damaged.
Pickle parse_pickle(std::span<const std::byte> bytes, std::span<const std::string_view> globals,
                    std::string_view source);

}  // namespace alexnet
