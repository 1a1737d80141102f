#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet::test {

/// The bytes of a number, little end first.
template <class Number>
std::string bytes_of(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

/// A pickle of protocol 2 with this body.
inline std::string pickle(std::string_view body) {
  return "\x80\x02" + std::string(body) + ".";
}

inline std::string text(std::string_view value) {
  return "X" + bytes_of(static_cast<std::uint32_t>(value.size())) + std::string(value);
}

inline std::string integer(std::int64_t value) {
  return "\x8a\x08" + bytes_of(value);
}

inline std::string tuple(std::initializer_list<std::string> items) {
  std::string all = "(";
  for (const std::string& item : items) all += item;
  return all + "t";
}

inline std::string integers(const std::vector<std::int64_t>& values) {
  std::string all = "(";
  for (const std::int64_t value : values) all += integer(value);
  return all + "t";
}

/// name as "module name".
inline std::string global(std::string_view name) {
  const std::size_t space = name.find(' ');
  return "c" + std::string(name.substr(0, space)) + "\n" + std::string(name.substr(space + 1)) +
         "\n";
}

inline std::string call(std::string_view name, std::initializer_list<std::string> arguments) {
  return global(name) + tuple(arguments) + "R";
}

inline std::string storage(std::string_view key, std::int64_t elements,
                           std::string_view type = "FloatStorage") {
  return tuple({text("storage"), global("torch " + std::string(type)), text(key), text("cpu"),
                integer(elements)}) +
         "Q";
}

inline std::string tensor(const std::string& storage, std::int64_t offset,
                          const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides) {
  return call("torch._utils _rebuild_tensor_v2",
              {storage, integer(offset), integers(shape), integers(strides), "\x89",
               global("collections OrderedDict") + ")R"});
}

/// A dict of name, value, name, value, …
inline std::string dict(std::initializer_list<std::string> names_and_values) {
  std::string all = "}(";
  for (const std::string& item : names_and_values) all += item;
  return all + "u";
}

}  // namespace alexnet::test
