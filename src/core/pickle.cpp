#include "core/pickle.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "core/pickle_machine.h"
#include "core/printable.h"

namespace alexnet {
namespace {

using Machine = PickleMachine;
using Kind = PickleKind;

struct Opcode {
  unsigned char code;
  std::string_view name;
  void (*run)(Machine& machine) = nullptr;  // none: refused by its name
};

constexpr std::array kOpcodes{
    Opcode{0x80, "PROTO", [](Machine& m) { m.check_protocol(); }},
    Opcode{0x95, "FRAME", [](Machine& m) { m.take_number<std::uint64_t>(); }},
    Opcode{'(', "MARK", [](Machine& m) { m.push_mark(); }},
    Opcode{'0', "POP", [](Machine& m) { m.pop(); }},
    Opcode{'1', "POP_MARK", [](Machine& m) { m.pop_marked(); }},
    Opcode{'2', "DUP", [](Machine& m) { m.duplicate(); }},
    Opcode{'N', "NONE", [](Machine& m) { m.push_constant(Kind::none); }},
    Opcode{0x88, "NEWTRUE", [](Machine& m) { m.push_constant(Kind::boolean, true); }},
    Opcode{0x89, "NEWFALSE", [](Machine& m) { m.push_constant(Kind::boolean, false); }},
    Opcode{'J', "BININT", [](Machine& m) { m.push_integer(m.take_number<std::int32_t>()); }},
    Opcode{'K', "BININT1", [](Machine& m) { m.push_integer(m.take_number<std::uint8_t>()); }},
    Opcode{'M', "BININT2", [](Machine& m) { m.push_integer(m.take_number<std::uint16_t>()); }},
    Opcode{0x8a, "LONG1", [](Machine& m) { m.push_long(m.take_number<std::uint8_t>()); }},
    Opcode{0x8b, "LONG4", [](Machine& m) { m.push_long(m.take_number<std::uint32_t>()); }},
    Opcode{'G', "BINFLOAT", [](Machine& m) { m.push_real(); }},
    Opcode{0x8c, "SHORT_BINUNICODE",
           [](Machine& m) { m.push_text(Kind::text, m.take_number<std::uint8_t>()); }},
    Opcode{'X', "BINUNICODE",
           [](Machine& m) { m.push_text(Kind::text, m.take_number<std::uint32_t>()); }},
    Opcode{0x8d, "BINUNICODE8",
           [](Machine& m) { m.push_text(Kind::text, m.take_number<std::uint64_t>()); }},
    Opcode{'U', "SHORT_BINSTRING",
           [](Machine& m) { m.push_text(Kind::text, m.take_number<std::uint8_t>()); }},
    Opcode{'T', "BINSTRING",
           [](Machine& m) { m.push_text(Kind::text, m.take_number<std::uint32_t>()); }},
    Opcode{'C', "SHORT_BINBYTES",
           [](Machine& m) { m.push_text(Kind::bytes, m.take_number<std::uint8_t>()); }},
    Opcode{'B', "BINBYTES",
           [](Machine& m) { m.push_text(Kind::bytes, m.take_number<std::uint32_t>()); }},
    Opcode{0x8e, "BINBYTES8",
           [](Machine& m) { m.push_text(Kind::bytes, m.take_number<std::uint64_t>()); }},
    Opcode{0x96, "BYTEARRAY8",
           [](Machine& m) { m.push_text(Kind::bytes, m.take_number<std::uint64_t>()); }},
    Opcode{')', "EMPTY_TUPLE", [](Machine& m) { m.push_empty(Kind::tuple); }},
    Opcode{']', "EMPTY_LIST", [](Machine& m) { m.push_empty(Kind::list); }},
    Opcode{'}', "EMPTY_DICT", [](Machine& m) { m.push_empty(Kind::dict); }},
    Opcode{0x8f, "EMPTY_SET", [](Machine& m) { m.push_empty(Kind::set); }},
    Opcode{'t', "TUPLE", [](Machine& m) { m.push_marked(Kind::tuple); }},
    Opcode{'l', "LIST", [](Machine& m) { m.push_marked(Kind::list); }},
    Opcode{'d', "DICT", [](Machine& m) { m.push_marked(Kind::dict); }},
    Opcode{0x91, "FROZENSET", [](Machine& m) { m.push_marked(Kind::set); }},
    Opcode{0x85, "TUPLE1", [](Machine& m) { m.push_tuple(1); }},
    Opcode{0x86, "TUPLE2", [](Machine& m) { m.push_tuple(2); }},
    Opcode{0x87, "TUPLE3", [](Machine& m) { m.push_tuple(3); }},
    Opcode{'a', "APPEND", [](Machine& m) { m.append(); }},
    Opcode{'e', "APPENDS", [](Machine& m) { m.append_marked(Kind::list); }},
    Opcode{0x90, "ADDITEMS", [](Machine& m) { m.append_marked(Kind::set); }},
    Opcode{'s', "SETITEM", [](Machine& m) { m.set_item(); }},
    Opcode{'u', "SETITEMS", [](Machine& m) { m.set_marked(); }},
    Opcode{'q', "BINPUT", [](Machine& m) { m.remember(m.take_number<std::uint8_t>()); }},
    Opcode{'r', "LONG_BINPUT", [](Machine& m) { m.remember(m.take_number<std::uint32_t>()); }},
    Opcode{0x94, "MEMOIZE", [](Machine& m) { m.remember_next(); }},
    Opcode{'h', "BINGET", [](Machine& m) { m.recall(m.take_number<std::uint8_t>()); }},
    Opcode{'j', "LONG_BINGET", [](Machine& m) { m.recall(m.take_number<std::uint32_t>()); }},
    Opcode{'c', "GLOBAL", [](Machine& m) { m.push_global(); }},
    Opcode{0x93, "STACK_GLOBAL", [](Machine& m) { m.push_global_of_stack(); }},
    Opcode{'R', "REDUCE", [](Machine& m) { m.call(); }},
    Opcode{0x81, "NEWOBJ", [](Machine& m) { m.call(); }},
    Opcode{0x92, "NEWOBJ_EX", [](Machine& m) { m.call_with_keywords(); }},
    Opcode{'b', "BUILD", [](Machine& m) { m.give_state(); }},
    Opcode{'Q', "BINPERSID", [](Machine& m) { m.push_persistent(); }},
    Opcode{'F', "FLOAT"},
    Opcode{'I', "INT"},
    Opcode{'L', "LONG"},
    Opcode{'P', "PERSID"},
    Opcode{'S', "STRING"},
    Opcode{'V', "UNICODE"},
    Opcode{'g', "GET"},
    Opcode{'i', "INST"},
    Opcode{'o', "OBJ"},
    Opcode{'p', "PUT"},
    Opcode{0x82, "EXT1"},
    Opcode{0x83, "EXT2"},
    Opcode{0x84, "EXT4"},
    Opcode{0x97, "NEXT_BUFFER"},
    Opcode{0x98, "READONLY_BUFFER"},
};
constexpr unsigned char kStop = '.';

// A place in kOpcodes for each byte that is an opcode.
constexpr auto kPlaces = [] {
  std::array<std::optional<std::uint8_t>, 256> places{};
  for (std::size_t i = 0; i < kOpcodes.size(); ++i) {
    places.at(kOpcodes.at(i).code) = static_cast<std::uint8_t>(i);
  }
  return places;
}();

// The global that a value is, or that made it.
const PickleValue& global_of(const Pickle& pickle, const PickleValue& value) {
  return value.kind == Kind::object ? pickle[value.items.front()] : value;
}

}  // namespace

std::string pickle_name(const Pickle& pickle, const PickleValue& value) {
  const PickleValue& global = global_of(pickle, value);
  if (global.kind == Kind::global || global.kind == Kind::call) return printable(global.text);
  if (global.kind != Kind::unknown) return "";
  return fmt::format("{}.{}", printable(pickle[global.items[0]].text),
                     printable(pickle[global.items[1]].text));
}

Pickle parse_pickle(std::span<const std::byte> bytes, const PickleGlobals& globals,
                    std::string_view source) {
  Machine machine(bytes, globals, source);
  for (;;) {
    const auto code = machine.take_number<unsigned char>();
    if (code == kStop) return machine.take_result();
    const auto place = kPlaces.at(code);
    if (!place) machine.refuse(fmt::format("byte {:#04x} is no opcode", code));
    const Opcode& opcode = kOpcodes.at(*place);
    if (opcode.run == nullptr) {
      machine.refuse_unsupported(
          fmt::format("has the opcode {}, which Python's protocols 2 to 5 do not need: save it "
                      "again with one of these",
                      opcode.name));
    }
    opcode.run(machine);
  }
}

}  // namespace alexnet
