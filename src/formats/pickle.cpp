#include "formats/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "formats/pytorch_error.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "pickles store the little end first");

constexpr std::size_t kMostValues = 1'000'000;
constexpr std::size_t kMostPlaces = 1'000'000;  // of the memo
constexpr std::size_t kMostReferences = 4'000'000;
constexpr std::string_view kOrderedDict = "collections.OrderedDict";

// A stack machine: opcodes push values, put them together, and remember them by number.
class Machine {
 public:
  Machine(std::span<const std::byte> bytes, std::span<const std::string_view> globals,
          std::string_view source)
      : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
        globals_(globals),
        source_(source) {}

  Pickle run();

  void check_protocol();
  void push_mark();
  void pop();
  void push_constant(PickleKind kind, bool value = false);
  template <class Number>
  void push_integer();
  void push_long();
  void push_real();
  template <class Length>
  void push_text();
  void push_empty(PickleKind kind);
  void push_tuple();
  void push_tuple(std::size_t size);
  void append(std::size_t items);
  void append_all();
  void set_item();
  void set_all();
  template <class Place>
  void remember();
  template <class Place>
  void recall();
  void push_global();
  void call();
  void give_state();
  void push_persistent();

 private:
  [[noreturn]] void refuse(std::string_view why) const;
  std::string_view take(std::size_t length);
  std::string_view take_line();
  template <class Number>
  Number take_number();

  void count_references(std::size_t more);
  void push(PickleId id);
  PickleValue& push_value(PickleKind kind);
  PickleValue& top();
  PickleId take_top();
  std::size_t take_mark();
  void put_items(PickleValue& into, std::size_t first);
  std::vector<PickleId> ordered_items(PickleId arguments);

  std::string_view text_;
  std::span<const std::string_view> globals_;
  std::string_view source_;
  std::size_t position_ = 0;
  Pickle pickle_;
  std::vector<PickleId> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, PickleId> memo_;
  std::size_t references_ = 0;
};

struct Opcode {
  unsigned char code;
  std::string_view name;
  void (*run)(Machine& machine) = nullptr;  // none: refused by its name
};

using Kind = PickleKind;

constexpr std::array kOpcodes{
    Opcode{0x80, "PROTO", [](Machine& m) { m.check_protocol(); }},
    Opcode{'(', "MARK", [](Machine& m) { m.push_mark(); }},
    Opcode{'0', "POP", [](Machine& m) { m.pop(); }},
    Opcode{'N', "NONE", [](Machine& m) { m.push_constant(Kind::none); }},
    Opcode{0x88, "NEWTRUE", [](Machine& m) { m.push_constant(Kind::boolean, true); }},
    Opcode{0x89, "NEWFALSE", [](Machine& m) { m.push_constant(Kind::boolean, false); }},
    Opcode{'J', "BININT", [](Machine& m) { m.push_integer<std::int32_t>(); }},
    Opcode{'K', "BININT1", [](Machine& m) { m.push_integer<std::uint8_t>(); }},
    Opcode{'M', "BININT2", [](Machine& m) { m.push_integer<std::uint16_t>(); }},
    Opcode{0x8a, "LONG1", [](Machine& m) { m.push_long(); }},
    Opcode{'G', "BINFLOAT", [](Machine& m) { m.push_real(); }},
    Opcode{'X', "BINUNICODE", [](Machine& m) { m.push_text<std::uint32_t>(); }},
    Opcode{'U', "SHORT_BINSTRING", [](Machine& m) { m.push_text<std::uint8_t>(); }},
    Opcode{'T', "BINSTRING", [](Machine& m) { m.push_text<std::uint32_t>(); }},
    Opcode{')', "EMPTY_TUPLE", [](Machine& m) { m.push_empty(Kind::tuple); }},
    Opcode{']', "EMPTY_LIST", [](Machine& m) { m.push_empty(Kind::list); }},
    Opcode{'}', "EMPTY_DICT", [](Machine& m) { m.push_empty(Kind::dict); }},
    Opcode{'t', "TUPLE", [](Machine& m) { m.push_tuple(); }},
    Opcode{0x85, "TUPLE1", [](Machine& m) { m.push_tuple(1); }},
    Opcode{0x86, "TUPLE2", [](Machine& m) { m.push_tuple(2); }},
    Opcode{0x87, "TUPLE3", [](Machine& m) { m.push_tuple(3); }},
    Opcode{'a', "APPEND", [](Machine& m) { m.append(1); }},
    Opcode{'e', "APPENDS", [](Machine& m) { m.append_all(); }},
    Opcode{'s', "SETITEM", [](Machine& m) { m.set_item(); }},
    Opcode{'u', "SETITEMS", [](Machine& m) { m.set_all(); }},
    Opcode{'q', "BINPUT", [](Machine& m) { m.remember<std::uint8_t>(); }},
    Opcode{'r', "LONG_BINPUT", [](Machine& m) { m.remember<std::uint32_t>(); }},
    Opcode{'h', "BINGET", [](Machine& m) { m.recall<std::uint8_t>(); }},
    Opcode{'j', "LONG_BINGET", [](Machine& m) { m.recall<std::uint32_t>(); }},
    Opcode{'c', "GLOBAL", [](Machine& m) { m.push_global(); }},
    Opcode{'R', "REDUCE", [](Machine& m) { m.call(); }},
    Opcode{0x81, "NEWOBJ", [](Machine& m) { m.call(); }},
    Opcode{'b', "BUILD", [](Machine& m) { m.give_state(); }},
    Opcode{'Q', "BINPERSID", [](Machine& m) { m.push_persistent(); }},
    Opcode{'1', "POP_MARK"},
    Opcode{'2', "DUP"},
    Opcode{'B', "BINBYTES"},
    Opcode{'C', "SHORT_BINBYTES"},
    Opcode{'F', "FLOAT"},
    Opcode{'I', "INT"},
    Opcode{'L', "LONG"},
    Opcode{'P', "PERSID"},
    Opcode{'S', "STRING"},
    Opcode{'V', "UNICODE"},
    Opcode{'d', "DICT"},
    Opcode{'g', "GET"},
    Opcode{'i', "INST"},
    Opcode{'l', "LIST"},
    Opcode{'o', "OBJ"},
    Opcode{'p', "PUT"},
    Opcode{0x82, "EXT1"},
    Opcode{0x83, "EXT2"},
    Opcode{0x84, "EXT4"},
    Opcode{0x8b, "LONG4"},
    Opcode{0x8c, "SHORT_BINUNICODE"},
    Opcode{0x8d, "BINUNICODE8"},
    Opcode{0x8e, "BINBYTES8"},
    Opcode{0x8f, "EMPTY_SET"},
    Opcode{0x90, "ADDITEMS"},
    Opcode{0x91, "FROZENSET"},
    Opcode{0x92, "NEWOBJ_EX"},
    Opcode{0x93, "STACK_GLOBAL"},
    Opcode{0x94, "MEMOIZE"},
    Opcode{0x95, "FRAME"},
    Opcode{0x96, "BYTEARRAY8"},
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

Pickle Machine::run() {
  for (;;) {
    const auto code = take_number<unsigned char>();
    if (code == kStop) break;
    const auto place = kPlaces.at(code);
    if (!place) refuse(fmt::format("byte {:#04x} is no opcode", code));
    const Opcode& opcode = kOpcodes.at(*place);
    if (opcode.run == nullptr) {
      refuse(fmt::format("opcode {} is not one that torch.save uses for tensors", opcode.name));
    }
    opcode.run(*this);
  }
  pickle_.root = take_top();
  pickle_.size = position_;
  return std::move(pickle_);
}

void Machine::refuse(std::string_view why) const {
  refuse_pytorch(source_, fmt::format("its pickle, before byte {}: {}", position_, why));
}

std::string_view Machine::take(std::size_t length) {
  if (length > text_.size() - position_) {
    refuse(fmt::format("{} bytes are wanted of {}", length, text_.size() - position_));
  }
  const std::string_view taken = text_.substr(position_, length);
  position_ += length;
  return taken;
}

std::string_view Machine::take_line() {
  const std::size_t end = text_.find('\n', position_);
  if (end == std::string_view::npos) refuse("a name does not end");
  const std::string_view line = take(end - position_);
  take(1);
  return line;
}

template <class Number>
Number Machine::take_number() {
  Number number{};
  std::memcpy(&number, take(sizeof number).data(), sizeof number);
  return number;
}

void Machine::count_references(std::size_t more) {
  references_ += more;
  if (references_ > kMostReferences) {
    refuse(fmt::format("there are more than {} references in it", kMostReferences));
  }
}

void Machine::push(PickleId id) {
  count_references(1);
  stack_.push_back(id);
}

PickleValue& Machine::push_value(PickleKind kind) {
  if (pickle_.values.size() == kMostValues) {
    refuse(fmt::format("there are more than {} values in it", kMostValues));
  }
  push(static_cast<PickleId>(pickle_.values.size()));
  PickleValue& value = pickle_.values.emplace_back();
  value.kind = kind;
  return value;
}

PickleValue& Machine::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("a value is missing");
  return pickle_.values[stack_.back()];
}

PickleId Machine::take_top() {
  top();
  const PickleId id = stack_.back();
  stack_.pop_back();
  return id;
}

std::size_t Machine::take_mark() {
  if (marks_.empty()) refuse("a mark is missing");
  const std::size_t height = marks_.back();
  marks_.pop_back();
  return height;
}

// Moves what the stack holds from `first` on.
void Machine::put_items(PickleValue& into, std::size_t first) {
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(first);
  count_references(stack_.size() - first);
  into.items.insert(into.items.end(), begin, stack_.end());
  stack_.erase(begin, stack_.end());
}

void Machine::check_protocol() {
  const auto protocol = take_number<std::uint8_t>();
  if (protocol != 2) {
    refuse(fmt::format("protocol {} was used; torch.save's own is 2", protocol));
  }
}

void Machine::push_mark() {
  count_references(1);
  marks_.push_back(stack_.size());
}

void Machine::pop() {
  take_top();
}

void Machine::push_constant(PickleKind kind, bool value) {
  push_value(kind).integer = static_cast<std::int64_t>(value);
}

template <class Number>
void Machine::push_integer() {
  const auto number = take_number<Number>();
  push_value(PickleKind::integer).integer = number;
}

void Machine::push_long() {
  const std::string_view bytes = take(take_number<std::uint8_t>());
  std::int64_t number = 0;
  if (bytes.size() > sizeof number) {
    push_value(PickleKind::wide_integer).text = bytes;
    return;
  }
  const bool negative = !bytes.empty() && bytes.back() < 0;
  if (negative) number = -1;
  if (!bytes.empty()) std::memcpy(&number, bytes.data(), bytes.size());
  push_value(PickleKind::integer).integer = number;
}

void Machine::push_real() {
  take(sizeof(double));
  push_value(PickleKind::real);
}

template <class Length>
void Machine::push_text() {
  const std::string_view text = take(take_number<Length>());
  push_value(PickleKind::text).text = text;
}

void Machine::push_empty(PickleKind kind) {
  push_value(kind);
}

void Machine::push_tuple() {
  PickleValue tuple{.kind = PickleKind::tuple};
  put_items(tuple, take_mark());
  push_value(PickleKind::tuple) = std::move(tuple);
}

void Machine::push_tuple(std::size_t size) {
  PickleValue tuple{.kind = PickleKind::tuple};
  if (stack_.size() - (marks_.empty() ? 0 : marks_.back()) < size) refuse("a value is missing");
  put_items(tuple, stack_.size() - size);
  push_value(PickleKind::tuple) = std::move(tuple);
}

void Machine::append(std::size_t items) {
  const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - bottom < items + 1) refuse("a value is missing");
  const std::size_t first = stack_.size() - items;
  PickleValue& list = pickle_.values[stack_[first - 1]];
  if (list.kind != PickleKind::list) refuse("items are appended to what is not a list");
  put_items(list, first);
}

void Machine::append_all() {
  append(stack_.size() - take_mark());
}

void Machine::set_item() {
  const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() - bottom < 3) refuse("a value is missing");
  PickleValue& dict = pickle_.values[stack_[stack_.size() - 3]];
  if (dict.kind != PickleKind::dict) refuse("items are set in what is not a dict");
  put_items(dict, stack_.size() - 2);
}

void Machine::set_all() {
  const std::size_t first = take_mark();
  const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
  if (first == bottom) refuse("a value is missing");
  PickleValue& dict = pickle_.values[stack_[first - 1]];
  if (dict.kind != PickleKind::dict) refuse("items are set in what is not a dict");
  if ((stack_.size() - first) % 2 != 0) refuse("a key has no value");
  put_items(dict, first);
}

template <class Place>
void Machine::remember() {
  const auto place = take_number<Place>();
  top();
  memo_[place] = stack_.back();
  if (memo_.size() > kMostPlaces) {
    refuse(fmt::format("its memo has more than {} places", kMostPlaces));
  }
}

template <class Place>
void Machine::recall() {
  const auto place = take_number<Place>();
  const auto found = memo_.find(place);
  if (found == memo_.end()) refuse(fmt::format("nothing was remembered as number {}", place));
  push(found->second);
}

void Machine::push_global() {
  const std::string_view module = take_line();
  const std::string_view name = take_line();
  const auto known = std::ranges::find_if(globals_, [&](std::string_view global) {
    return global.size() == module.size() + 1 + name.size() && global.starts_with(module) &&
           global[module.size()] == '.' && global.ends_with(name);
  });
  if (known == globals_.end()) {
    refuse(
        fmt::format("it asks Python for '{}.{}'; only what rebuilds tensors is read, so save "
                    "the weights alone (in PyTorch: torch.save(model.state_dict(), path))",
                    printable(module), printable(name)));
  }
  push_value(PickleKind::global).text = *known;
}

// Python 2 gives the items of an OrderedDict as a list of pairs.
std::vector<PickleId> Machine::ordered_items(PickleId arguments) {
  std::vector<PickleId> items;
  const std::vector<PickleId>& given = pickle_[arguments].items;
  if (given.empty()) return items;
  const PickleValue& pairs = pickle_[given.front()];
  if (given.size() != 1 || pairs.kind != PickleKind::list) refuse("an OrderedDict is not one");
  count_references(2 * pairs.items.size());
  for (const PickleId id : pairs.items) {
    const PickleValue& pair = pickle_[id];
    const bool is_pair = pair.kind == PickleKind::list || pair.kind == PickleKind::tuple;
    if (!is_pair || pair.items.size() != 2) refuse("an OrderedDict has an item that is no pair");
    items.insert(items.end(), pair.items.begin(), pair.items.end());
  }
  return items;
}

void Machine::call() {
  const PickleId arguments = take_top();
  const PickleValue& callable = pickle_[take_top()];
  if (callable.kind != PickleKind::global || pickle_[arguments].kind != PickleKind::tuple) {
    refuse("it calls what is no function");
  }
  const std::string_view name = callable.text;
  if (name == kOrderedDict) {
    std::vector<PickleId> items = ordered_items(arguments);
    push_value(PickleKind::dict).items = std::move(items);
    return;
  }
  PickleValue& made = push_value(PickleKind::call);
  made.text = name;
  made.items = {arguments};
}

// An OrderedDict's state is its attributes, such as a state dict's _metadata: not needed.
void Machine::give_state() {
  const PickleId state = take_top();
  PickleValue& object = top();
  if (object.kind == PickleKind::dict) return;
  if (object.kind != PickleKind::call || object.items.size() != 1) {
    refuse("a state is given to what has none");
  }
  object.items.push_back(state);
}

void Machine::push_persistent() {
  const PickleId id = take_top();
  push_value(PickleKind::persistent).items = {id};
}

}  // namespace

Pickle parse_pickle(std::span<const std::byte> bytes, std::span<const std::string_view> globals,
                    std::string_view source) {
  return Machine(bytes, globals, source).run();
}

}  // namespace alexnet
