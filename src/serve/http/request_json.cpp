#include "serve/http/request_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/json.h"
#include "serve/http/headers.h"
#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

constexpr std::string_view kBody = "the request's body";

template <class Limit>
nlohmann::json parse_object(std::string_view text, const Limit& limit) {
  if (text.empty()) throw Problem(400, "the request has no body; it must be a JSON object");
  try {
    auto body = parse_json(text, kBody, limit);
    if (body.is_object()) return body;
  } catch (const Problem&) {
    throw;
  } catch (const Error& error) {
    throw Problem(400, error.what());
  }
  throw Problem(400, "the request's body must be a JSON object");
}

}  // namespace

nlohmann::json parse_json_body(std::string_view text) {
  constexpr std::size_t kMostValues = 100'000;  // some 10 MB
  return parse_object(text, kMostValues);
}

nlohmann::json parse_json_body(std::string_view text, const JsonFilter& filter) {
  return parse_object(text, filter);
}

const nlohmann::json* find_member(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool parse_flag(std::string_view text, std::string_view name) {
  const std::string word = lower_case(text);
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  throw Problem(400, fmt::format("'{}' must be true or false, not {}", name, to_printable(text)));
}

bool flag_of(const nlohmann::json& value, std::string_view name) {
  return parse_flag(value.is_string() ? value.get<std::string>() : value.dump(), name);
}

std::string to_printable(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string printable(text.substr(0, kLongest));
  std::ranges::replace_if(
      printable, [](char c) { return std::isprint(static_cast<unsigned char>(c)) == 0; }, '?');
  return text.size() > kLongest ? printable + "..." : printable;
}

}  // namespace alexnet::serve
