#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
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
  bytes,  ///< the text
  tuple,
  list,
  set,
  dict,        ///< items: key, value, key, value, …
  global,      ///< text: "module.name", one of PickleGlobals::names
  call,        ///< text: whom; items: a tuple of arguments, then a state if it was given one
  unknown,     ///< another global; items: module and name, as text
  object,      ///< what another callable gives; items: that, the arguments, then its states
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

/// The "module.name" of a global, a call, or of the class or function that made an object; "" of
/// other values. At most 80 bytes of each, control characters as '?'.
std::string pickle_name(const Pickle& pickle, const PickleValue& value);

/// What a pickle may contain of Python.
struct PickleGlobals {
  std::span<const std::string_view> names;  ///< "module.name"
  std::string_view advice;  ///< ends the sentence that refuses others; empty: they are kept
};

/// A reader for the opcodes of protocols 2 to 5 (Python's pickletools describes them), but for
/// those that need a table from outside. OrderedDict and defaultdict become dicts, as does what is
/// given items with keys; what is given items without becomes a list.
///
/// It never calls itself, and holds at most 100 bytes of memory for each byte of the pickle, 256
/// MiB in all: a million values, a million places in the memo, four million references.
///
/// Throws Error, beginning with `source`, at any other opcode, naming it, at a global that is not
/// kept, and where the pickle is damaged.
Pickle parse_pickle(std::span<const std::byte> bytes, const PickleGlobals& globals,
                    std::string_view source);

}  // namespace alexnet
