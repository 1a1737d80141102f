#include "formats/json_fields.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace alexnet {

using nlohmann::json;

void FieldWriter::operator()(const char* name, float value) {
  object_[name] = json::parse(fmt::format("{}", value));
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
      throw Error(fmt::format("{}: damaged, there is no field '{}'", source_, name));
    }
  }
}

void FieldReader::refuse(const char* name, std::string_view wanted) const {
  throw Error(fmt::format("{}: damaged, the field '{}' must be {}", source_, name, wanted));
}

void FieldReader::read(const json& json, const char* name, int& value) const {
  constexpr auto kLargest = std::numeric_limits<int>::max();
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > kLargest) {
    refuse(name, fmt::format("a whole number from 0 to {}", kLargest));
  }
  value = json.get<int>();
}

void FieldReader::read(const json& json, const char* name, std::int64_t& value) const {
  if (!json.is_number_integer()) refuse(name, "a whole number");
  value = json.get<std::int64_t>();
}

void FieldReader::read(const json& json, const char* name, std::uint64_t& value) const {
  if (!json.is_number_unsigned()) refuse(name, "a whole number from 0");
  value = json.get<std::uint64_t>();
}

void FieldReader::read(const json& json, const char* name, double& value) const {
  if (!json.is_number()) refuse(name, "a number");
  value = json.get<double>();
}

void FieldReader::read(const json& json, const char* name, float& value) const {
  if (!json.is_number() || std::abs(json.get<double>()) > std::numeric_limits<float>::max()) {
    refuse(name, "a number");
  }
  value = json.get<float>();
}

void FieldReader::read(const json& json, const char* name, bool& value) const {
  if (!json.is_boolean()) refuse(name, "true or false");
  value = json.get<bool>();
}

void FieldReader::read(const json& json, const char* name, std::string& value) const {
  if (!json.is_string()) refuse(name, "text");
  value = json.get<std::string>();
}

}  // namespace alexnet
