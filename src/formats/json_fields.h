#pragma once

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
  /// In as few digits as it takes to read the same float again: 0.9, not 0.8999999761581421.
  void operator()(const char* name, float value);
  void operator()(const char* name, const std::vector<float>& values);
  nlohmann::json take() { return std::move(object_); }

 private:
  nlohmann::json object_ = nlohmann::json::object();
};

/// Reads named values from a JSON object. Throws Error, beginning with `source`, on a field that is
/// missing, of another type or out of range, and in `finish` on one that nobody read.
class FieldReader {
 public:
  FieldReader(const nlohmann::json& object, std::string source);

  template <class Value>
  void operator()(const char* name, Value& value) {
    read(take(name), name, value);
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
