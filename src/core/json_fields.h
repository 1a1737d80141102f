#pragma once

#include <alexnet/enum_names.h>
#include <alexnet/size.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace alexnet {

/// Writes named values into a JSON object: the counterpart of FieldReader, so that one list of
/// fields serves both directions.
class FieldWriter {
 public:
  template <class Value>
  void operator()(const char* name, const Value& value) {
    object_[name] = value;
  }
  template <NamedEnum Enum>
  void operator()(const char* name, const Enum& value) {
    object_[name] = to_string(value);
  }
  /// What is not UTF-8 (a path may be any bytes) as {"percent_escaped": "donn%E9es"}.
  void operator()(const char* name, const std::string& value);
  /// In as few digits as it takes to read the same float again: 0.9, not 0.8999999761581421.
  void operator()(const char* name, float value);
  void operator()(const char* name, const std::vector<float>& values);
  /// One number for a square, else [height, width].
  void operator()(const char* name, const Size& value);
  /// Leaves it out where it has the value that a reader assumes.
  template <class Value>
  void optional(const char* name, const Value& value, const Value& assumed) {
    if (value != assumed) (*this)(name, value);
  }
  nlohmann::json take() { return std::move(object_); }

 private:
  nlohmann::json object_ = nlohmann::json::object();
};

/// Reads named values from a JSON object. Throws Error, beginning with `source`, on a field that is
/// missing, of another type or out of range, and in `finish` on one that was not read.
class FieldReader {
 public:
  FieldReader(const nlohmann::json& object, std::string source);

  template <class Value>
  void operator()(const char* name, Value& value) {
    read(take(name), name, value);
  }
  template <class Value>
  void optional(const char* name, Value& value, const Value& assumed) {
    value = assumed;
    if (object_.contains(name)) (*this)(name, value);
  }
  /// The field itself.
  const nlohmann::json& take(const char* name);
  void finish() const;

 private:
  [[noreturn]] void refuse(const char* name, std::string_view wanted) const;

  void read(const nlohmann::json& field, const char* name, int& value) const;
  void read(const nlohmann::json& field, const char* name, std::int64_t& value) const;
  void read(const nlohmann::json& field, const char* name, std::uint64_t& value) const;
  void read(const nlohmann::json& field, const char* name, float& value) const;
  void read(const nlohmann::json& field, const char* name, double& value) const;
  void read(const nlohmann::json& field, const char* name, bool& value) const;
  void read(const nlohmann::json& field, const char* name, std::string& value) const;
  void read(const nlohmann::json& field, const char* name, Size& value) const;
  template <NamedEnum Enum>
  void read(const nlohmann::json& field, const char* name, Enum& value) const {
    std::string text;
    read(field, name, text);
    value = parse<Enum>(text);
  }
  template <class Value>
  void read(const nlohmann::json& field, const char* name, std::vector<Value>& values) const {
    if (!field.is_array()) refuse(name, "a list");
    for (const nlohmann::json& element : field) read(element, name, values.emplace_back());
  }

  const nlohmann::json& object_;
  std::string source_;
  std::set<std::string> taken_;
};

}  // namespace alexnet
