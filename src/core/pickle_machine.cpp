#include "core/pickle_machine.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "core/printable.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "pickles store the little end first");

constexpr std::size_t kMostValues = 1'000'000;
constexpr std::size_t kMostPlaces = 1'000'000;  // of the memo
constexpr std::size_t kMostReferences = 4'000'000;
constexpr int kOldestProtocol = 2;
constexpr int kNewestProtocol = 5;
constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kDefaultDict = "collections.defaultdict";

}  // namespace

PickleMachine::PickleMachine(std::span<const std::byte> bytes, const PickleGlobals& globals,
                             std::string_view source)
    : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
      globals_(globals),
      source_(source) {}

Pickle PickleMachine::take_result() {
  pickle_.root = take_top();
  pickle_.size = position_;
  return std::move(pickle_);
}

void PickleMachine::refuse(std::string_view why) const {
  throw Error(fmt::format("{}: damaged: its pickle, before byte {}: {}", source_, position_, why));
}

void PickleMachine::refuse_unsupported(std::string_view why) const {
  throw Error(fmt::format("{}: its pickle {}", source_, why), ErrorKind::unsupported);
}

void PickleMachine::refuse_large(std::size_t most, std::string_view of_what) const {
  refuse_unsupported(
      fmt::format("has more than {} {}, and no more are read; save its tensors or arrays without "
                  "other objects",
                  most, of_what));
}

std::string_view PickleMachine::take(std::size_t length) {
  if (length > text_.size() - position_) {
    refuse(fmt::format("{} bytes are wanted of {}", length, text_.size() - position_));
  }
  const std::string_view taken = text_.substr(position_, length);
  position_ += length;
  return taken;
}

PickleId PickleMachine::take_line() {
  const std::size_t end = text_.find('\n', position_);
  if (end == std::string_view::npos) refuse("a name does not end");
  const PickleId id = make_value(PickleKind::text);
  pickle_.values[id].text = take(end - position_);
  take(1);
  return id;
}

void PickleMachine::need(std::size_t values) const {
  if (stack_.size() - bottom() < values) refuse("a value is missing");
}

void PickleMachine::count_references(std::size_t more) {
  references_ += more;
  if (references_ > kMostReferences) refuse_large(kMostReferences, "references");
}

void PickleMachine::push(PickleId id) {
  count_references(1);
  stack_.push_back(id);
}

PickleId PickleMachine::make_value(PickleKind kind) {
  if (pickle_.values.size() == kMostValues) refuse_large(kMostValues, "values");
  pickle_.values.emplace_back().kind = kind;
  return static_cast<PickleId>(pickle_.values.size() - 1);
}

PickleValue& PickleMachine::push_value(PickleKind kind) {
  const PickleId id = make_value(kind);
  push(id);
  return pickle_.values[id];
}

PickleValue& PickleMachine::top() {
  need(1);
  return pickle_.values[stack_.back()];
}

PickleId PickleMachine::take_top() {
  need(1);
  const PickleId id = stack_.back();
  stack_.pop_back();
  return id;
}

std::size_t PickleMachine::take_mark() {
  if (marks_.empty()) refuse("a mark is missing");
  const std::size_t height = marks_.back();
  marks_.pop_back();
  return height;
}

// Moves what the stack holds from `first` on.
void PickleMachine::put_items(PickleValue& into, std::size_t first) {
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(first);
  count_references(stack_.size() - first);
  into.items.insert(into.items.end(), begin, stack_.end());
  stack_.erase(begin, stack_.end());
}

void PickleMachine::check_protocol() {
  const int protocol = take_number<std::uint8_t>();
  if (protocol < kOldestProtocol || protocol > kNewestProtocol) {
    refuse_unsupported(fmt::format("is of protocol {}; protocols {} to {} are read", protocol,
                                   kOldestProtocol, kNewestProtocol));
  }
}

void PickleMachine::push_mark() {
  count_references(1);
  marks_.push_back(stack_.size());
}

void PickleMachine::pop_marked() {
  stack_.resize(take_mark());
}

void PickleMachine::duplicate() {
  need(1);
  push(stack_.back());
}

void PickleMachine::push_constant(PickleKind kind, bool value) {
  push_value(kind).integer = static_cast<std::int64_t>(value);
}

void PickleMachine::push_integer(std::int64_t number) {
  push_value(PickleKind::integer).integer = number;
}

void PickleMachine::push_long(std::size_t length) {
  const std::string_view bytes = take(length);
  std::int64_t number = 0;
  if (bytes.size() > sizeof number) {
    push_value(PickleKind::wide_integer).text = bytes;
    return;
  }
  const bool negative = !bytes.empty() && static_cast<signed char>(bytes.back()) < 0;
  if (negative) number = -1;
  if (!bytes.empty()) std::memcpy(&number, bytes.data(), bytes.size());
  push_integer(number);
}

void PickleMachine::push_real() {
  take(sizeof(double));
  push_value(PickleKind::real);
}

void PickleMachine::push_text(PickleKind kind, std::size_t length) {
  const std::string_view text = take(length);
  push_value(kind).text = text;
}

void PickleMachine::push_empty(PickleKind kind) {
  push_value(kind);
}

void PickleMachine::push_marked(PickleKind kind) {
  PickleValue value{.kind = kind};
  put_items(value, take_mark());
  if (kind == PickleKind::dict && value.items.size() % 2 != 0) refuse("a key has no value");
  push_value(kind) = std::move(value);
}

void PickleMachine::push_tuple(std::size_t size) {
  need(size);
  PickleValue tuple{.kind = PickleKind::tuple};
  put_items(tuple, stack_.size() - size);
  push_value(PickleKind::tuple) = std::move(tuple);
}

// What some class makes is a list if it is given items.
void PickleMachine::append_from(std::size_t first, PickleKind kind) {
  if (first == bottom()) refuse("a value is missing");
  PickleValue& list = pickle_.values[stack_[first - 1]];
  if (list.kind == PickleKind::object) list = {.kind = kind};
  if (list.kind != kind) {
    refuse(fmt::format("items are appended to what is not a {}",
                       kind == PickleKind::list ? "list" : "set"));
  }
  put_items(list, first);
}

void PickleMachine::append() {
  need(2);
  append_from(stack_.size() - 1, PickleKind::list);
}

void PickleMachine::append_marked(PickleKind kind) {
  append_from(take_mark(), kind);
}

// What some class makes is a dict if it is given items with keys.
void PickleMachine::set_from(std::size_t first) {
  if (first == bottom()) refuse("a value is missing");
  PickleValue& dict = pickle_.values[stack_[first - 1]];
  if (dict.kind == PickleKind::object) dict = {.kind = PickleKind::dict};
  if (dict.kind != PickleKind::dict) refuse("items are set in what is not a dict");
  if ((stack_.size() - first) % 2 != 0) refuse("a key has no value");
  put_items(dict, first);
}

void PickleMachine::set_item() {
  need(3);
  set_from(stack_.size() - 2);
}

void PickleMachine::set_marked() {
  set_from(take_mark());
}

void PickleMachine::remember(std::uint32_t place) {
  need(1);
  memo_[place] = stack_.back();
  if (memo_.size() > kMostPlaces) refuse_large(kMostPlaces, "places in its memo");
}

void PickleMachine::remember_next() {
  remember(static_cast<std::uint32_t>(memo_.size()));
}

void PickleMachine::recall(std::uint32_t place) {
  const auto found = memo_.find(place);
  if (found == memo_.end()) refuse(fmt::format("nothing was remembered as number {}", place));
  push(found->second);
}

void PickleMachine::push_global() {
  const PickleId module = take_line();
  push_global_named(module, take_line());
}

void PickleMachine::push_global_of_stack() {
  const PickleId name = take_top();
  const PickleId module = take_top();
  if (pickle_[name].kind != PickleKind::text || pickle_[module].kind != PickleKind::text) {
    refuse("a name is no text");
  }
  push_global_named(module, name);
}

void PickleMachine::push_global_named(PickleId module_id, PickleId name_id) {
  const std::string_view module = pickle_[module_id].text;
  const std::string_view name = pickle_[name_id].text;
  const auto known = std::ranges::find_if(globals_.names, [&](std::string_view global) {
    return global.size() == module.size() + 1 + name.size() && global.starts_with(module) &&
           global[module.size()] == '.' && global.ends_with(name);
  });
  if (known != globals_.names.end()) {
    push_value(PickleKind::global).text = *known;
    return;
  }
  if (!globals_.advice.empty()) {
    refuse_unsupported(fmt::format("asks Python for '{}.{}'; {}", printable(module),
                                   printable(name), globals_.advice));
  }
  count_references(2);
  push_value(PickleKind::unknown).items = {module_id, name_id};
}

// Python 2 gives the items of an OrderedDict as a list of pairs.
std::vector<PickleId> PickleMachine::ordered_items(PickleId arguments) {
  std::vector<PickleId> items;
  const std::vector<PickleId>& given = pickle_[arguments].items;
  if (given.empty()) return items;
  const PickleValue& pairs = pickle_[given.front()];
  if (given.size() != 1 || pairs.kind != PickleKind::list) {
    refuse("an OrderedDict is made of what is no list of pairs");
  }
  count_references(2 * pairs.items.size());
  for (const PickleId id : pairs.items) {
    const PickleValue& pair = pickle_[id];
    const bool is_pair = pair.kind == PickleKind::list || pair.kind == PickleKind::tuple;
    if (!is_pair || pair.items.size() != 2) refuse("an OrderedDict has an item that is no pair");
    items.insert(items.end(), pair.items.begin(), pair.items.end());
  }
  return items;
}

void PickleMachine::call_known(std::string_view name, PickleId arguments) {
  if (pickle_[arguments].kind != PickleKind::tuple) refuse("it calls what is no function");
  if (name == kOrderedDict) {
    std::vector<PickleId> items = ordered_items(arguments);
    push_value(PickleKind::dict).items = std::move(items);
  } else if (name == kDefaultDict) {
    push_value(PickleKind::dict);
  } else {
    PickleValue& made = push_value(PickleKind::call);
    made.text = name;
    made.items = {arguments};
  }
}

void PickleMachine::call() {
  const PickleId arguments = take_top();
  const PickleId callee = take_top();
  const PickleValue& callable = pickle_[callee];
  using enum PickleKind;
  switch (callable.kind) {
    case global:
      return call_known(callable.text, arguments);
    case unknown:
    case call:
    case object:
    case persistent:
      if (globals_.advice.empty()) {
        count_references(2);
        push_value(object).items = {callee, arguments};
        return;
      }
      [[fallthrough]];
    default:
      refuse("it calls what is no function");
  }
}

void PickleMachine::call_with_keywords() {
  take_top();
  call();
}

// An OrderedDict's state is its attributes, such as a state dict's _metadata: not needed.
void PickleMachine::give_state() {
  const PickleId state = take_top();
  PickleValue& given = top();
  using enum PickleKind;
  const bool is_container = given.kind == dict || given.kind == list || given.kind == set;
  if (is_container) return;
  const bool takes_one = given.kind == call && given.items.size() == 1;
  if (!takes_one && given.kind != object) refuse("a state is given to what has none");
  count_references(1);
  given.items.push_back(state);
}

void PickleMachine::push_persistent() {
  const PickleId id = take_top();
  push_value(PickleKind::persistent).items = {id};
}

}  // namespace alexnet
