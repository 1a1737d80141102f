#include "core/json_fields.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/unicode.h"

namespace alexnet {

using nlohmann::json;

namespace {

double shortest(float value) {
  const std::string digits = fmt::format("{}", value);
  double number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return static_cast<float>(number) == value ? number : value;
}

constexpr const char* kEscaped = "percent_escaped";

std::string percent_escaped(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte > ' ' && byte < 0x7F && c != '%';
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return text;
}

// None where a % is not followed by two hexadecimal digits.
std::optional<std::string> without_escapes(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text[0] != '%') {
      bytes += text[0];
      text.remove_prefix(1);
      continue;
    }
    constexpr std::size_t kLength = 3;
    constexpr int kHexadecimal = 16;
    unsigned byte = 0;
    if (text.size() < kLength) return std::nullopt;
    const char* end = text.data() + kLength;
    if (std::from_chars(text.data() + 1, end, byte, kHexadecimal).ptr != end) return std::nullopt;
    bytes += static_cast<char>(byte);
    text.remove_prefix(kLength);
  }
  return bytes;
}

}  // namespace

void FieldWriter::operator()(const char* name, const std::string& value) {
  object_[name] = is_utf8(value) ? json(value) : json{{kEscaped, percent_escaped(value)}};
}

void FieldWriter::operator()(const char* name, float value) {
  object_[name] = shortest(value);
}

void FieldWriter::operator()(const char* name, const std::vector<float>& values) {
  json& list = object_[name] = json::array();
  for (const float value : values) list.push_back(shortest(value));
}

void FieldWriter::operator()(const char* name, const Size& value) {
  object_[name] = value.is_square() ? json(value.height) : json{value.height, value.width};
}

FieldReader::FieldReader(const json& object, std::string source)
    : object_(object), source_(std::move(source)) {
  if (!object.is_object()) throw Error(fmt::format("{}: damaged, it must be an object", source_));
}

const json& FieldReader::take(const char* name) {
  const auto found = object_.find(name);
  if (found == object_.end()) {
    throw Error(fmt::format("{}: damaged, the field '{}' is missing", source_, name));
  }
  taken_.insert(name);
  return *found;
}

void FieldReader::finish() const {
  for (const auto& [name, value] : object_.items()) {
    if (!taken_.contains(name)) {
      throw Error(fmt::format("{}: damaged or of a newer version, the field '{}' is unknown",
                              source_, name));
    }
  }
}

void FieldReader::refuse(const char* name, std::string_view wanted) const {
  throw Error(fmt::format("{}: damaged, the field '{}' must be {}", source_, name, wanted));
}

void FieldReader::read(const json& field, const char* name, int& value) const {
  constexpr int kLargest = std::numeric_limits<int>::max();
  const auto number = field.is_number_integer() ? field.get<std::int64_t>() : -1;
  if (number < 0 || number > kLargest) {
    refuse(name, fmt::format("a whole number from 0 to {}", kLargest));
  }
  value = static_cast<int>(number);
}

void FieldReader::read(const json& field, const char* name, std::int64_t& value) const {
  if (!field.is_number_integer()) refuse(name, "a whole number");
  value = field.get<std::int64_t>();
}

void FieldReader::read(const json& field, const char* name, std::uint64_t& value) const {
  const bool negative = field.is_number_integer() && !field.is_number_unsigned() && field < 0;
  if (!field.is_number_integer() || negative) refuse(name, "a whole number from 0");
  value = field.get<std::uint64_t>();
}

void FieldReader::read(const json& field, const char* name, double& value) const {
  if (!field.is_number()) refuse(name, "a number");
  value = field.get<double>();
}

void FieldReader::read(const json& field, const char* name, float& value) const {
  if (!field.is_number() || std::abs(field.get<double>()) > std::numeric_limits<float>::max()) {
    refuse(name, "a number");
  }
  value = field.get<float>();
}

void FieldReader::read(const json& field, const char* name, bool& value) const {
  if (!field.is_boolean()) refuse(name, "true or false");
  value = field.get<bool>();
}

void FieldReader::read(const json& field, const char* name, std::string& value) const {
  if (field.is_object() && field.size() == 1 && field.contains(kEscaped) &&
      field[kEscaped].is_string()) {
    auto bytes = without_escapes(field[kEscaped].get_ref<const std::string&>());
    if (!bytes) refuse(name, "escaped by a % and two hexadecimal digits");
    value = *std::move(bytes);
    return;
  }
  if (!field.is_string()) refuse(name, "text");
  value = field.get<std::string>();
}

void FieldReader::read(const json& field, const char* name, Size& value) const {
  if (!field.is_array()) {
    read(field, name, value.height);
    value.width = value.height;
    return;
  }
  if (field.size() != 2) refuse(name, "a whole number, or a height and a width");
  read(field[0], name, value.height);
  read(field[1], name, value.width);
}

}  // namespace alexnet
