#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/json_filter.h"

namespace alexnet::serve {

/// A request's JSON object. Throws Problem (400) unless the body is one, of 100 000 values at most
/// where no filter limits them.
nlohmann::json parse_json_body(std::string_view text);
nlohmann::json parse_json_body(std::string_view text, const JsonFilter& filter);

/// A member of an object; null where it is missing or null, which clients write for the same.
const nlohmann::json* find_member(const nlohmann::json& object, const char* name);

/// true or false, as JSON and as other languages write them: True, TRUE, "true", 1. Throws Problem
/// (400), naming it.
bool parse_flag(std::string_view text, std::string_view name);
bool flag_of(const nlohmann::json& value, std::string_view name);

/// A client's text, shortened and without control characters, to be quoted in a response.
std::string to_printable(std::string_view text);

}  // namespace alexnet::serve
