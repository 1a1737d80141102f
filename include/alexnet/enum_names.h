#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#pragma GCC visibility push(default)
namespace alexnet {

/// The names of an enumeration's values, specialised beside the enumeration:
///
///     template <>
///     struct EnumNames<Precision> {
///       static constexpr std::string_view kNoun = "precision";  // for messages
///       static constexpr std::array<std::string_view, 4> kNames{"fp32", "fp16", "bf16", "int8"};
///     };
///
/// `kNames` are in the order of the enumerators, which count from 0. This one table gives
/// to_string, parse, the command line's choices and the list in an error's sentence.
template <class Enum>
struct EnumNames;

template <class Enum>
concept NamedEnum = requires {
  EnumNames<Enum>::kNoun;
  EnumNames<Enum>::kNames;
};

/// Position of `name` in `names`. Throws Error, listing the names, when it is none of them.
std::size_t find_name(std::string_view noun, std::span<const std::string_view> names,
                      std::string_view name);

template <NamedEnum Enum>
constexpr std::string_view to_string(Enum value) {
  return EnumNames<Enum>::kNames.at(static_cast<std::size_t>(value));
}

/// parse<Precision>("fp16"). Throws Error, listing the names, on another one.
template <NamedEnum Enum>
Enum parse(std::string_view name) {
  return static_cast<Enum>(find_name(EnumNames<Enum>::kNoun, EnumNames<Enum>::kNames, name));
}

}  // namespace alexnet
#pragma GCC visibility pop
