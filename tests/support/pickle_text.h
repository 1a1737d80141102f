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

// Not with operator+, in whose insides g++ 12 warns of what cannot be.
inline std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

/// A pickle of protocol 2 with this body.
inline std::string pickle(std::string_view body) {
  return joined({"\x80\x02", body, "."});
}

inline std::string text(std::string_view value) {
  return joined({"X", bytes_of(static_cast<std::uint32_t>(value.size())), value});
}

inline std::string integer(std::int64_t value) {
  return joined({"\x8a\x08", bytes_of(value)});
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
  return joined({"c", name.substr(0, space), "\n", name.substr(space + 1), "\n"});
}

inline std::string call(std::string_view name, std::initializer_list<std::string> arguments) {
  return joined({global(name), tuple(arguments), "R"});
}

inline std::string storage(std::string_view key, std::int64_t elements,
                           std::string_view type = "FloatStorage") {
  return joined({tuple({text("storage"), global(joined({"torch ", type})), text(key), text("cpu"),
                        integer(elements)}),
                 "Q"});
}

inline std::string tensor(const std::string& storage, std::int64_t offset,
                          const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides) {
  return call("torch._utils _rebuild_tensor_v2",
              {storage, integer(offset), integers(shape), integers(strides), "\x89",
               joined({global("collections OrderedDict"), ")R"})});
}

/// A dict of name, value, name, value, …
inline std::string dict(std::initializer_list<std::string> names_and_values) {
  std::string all = "}(";
  for (const std::string& item : names_and_values) all += item;
  return all + "u";
}

}  // namespace alexnet::test
