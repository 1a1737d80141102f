#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace alexnet::serve {

/// A request's JSON object. Throws Problem (400).
nlohmann::json parse_body(std::string_view text);

/// What a client wrote, short and printable, to be quoted in an answer.
std::string to_shown(std::string_view text);

}  // namespace alexnet::serve
