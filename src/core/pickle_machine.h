#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/pickle.h"

namespace alexnet {

/// A stack machine: opcodes push values, put them together, and remember them by number. Every
/// member throws Error, beginning with the source, where it cannot do what is asked.
class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> bytes, const PickleGlobals& globals,
                std::string_view source);

  /// What was made, after the last opcode.
  Pickle take_result();
  /// The pickle is damaged.
  [[noreturn]] void refuse(std::string_view why) const;
  /// It is whole, and not one that is read: a sentence about "its pickle".
  [[noreturn]] void refuse_unsupported(std::string_view why) const;
  /// It is whole, and larger than what is read.
  [[noreturn]] void refuse_large(std::size_t most, std::string_view of_what) const;

  /// A number that follows an opcode, little end first.
  template <class Number>
  Number take_number() {
    Number number{};
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }

  void check_protocol();
  void push_mark();
  void pop() { take_top(); }
  void pop_marked();
  void duplicate();
  void push_constant(PickleKind kind, bool value = false);
  void push_integer(std::int64_t number);
  void push_long(std::size_t length);
  void push_real();
  void push_text(PickleKind kind, std::size_t length);
  void push_empty(PickleKind kind);
  void push_marked(PickleKind kind);
  void push_tuple(std::size_t size);
  void append();
  void append_marked(PickleKind kind);
  void set_item();
  void set_marked();
  void remember(std::uint32_t place);
  void remember_next();
  void recall(std::uint32_t place);
  void push_global();
  void push_global_of_stack();
  void call();
  void call_with_keywords();
  void give_state();
  void push_persistent();

 private:
  std::string_view take(std::size_t length);
  PickleId take_line();

  std::size_t bottom() const { return marks_.empty() ? 0 : marks_.back(); }
  void need(std::size_t values) const;
  void count_references(std::size_t more);
  void push(PickleId id);
  PickleId make_value(PickleKind kind);
  PickleValue& push_value(PickleKind kind);
  PickleValue& top();
  PickleId take_top();
  std::size_t take_mark();
  void put_items(PickleValue& into, std::size_t first);
  void append_from(std::size_t first, PickleKind kind);
  void set_from(std::size_t first);
  void push_global_named(PickleId module, PickleId name);
  std::vector<PickleId> ordered_items(PickleId arguments);
  void call_known(std::string_view name, PickleId arguments);

  std::string_view text_;
  PickleGlobals globals_;
  std::string_view source_;
  std::size_t position_ = 0;
  Pickle pickle_;
  std::vector<PickleId> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, PickleId> memo_;
  std::size_t references_ = 0;
};

}  // namespace alexnet
