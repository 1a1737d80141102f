#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace alexnet {

/// Parses JSON text. Throws Error, beginning with `source`, on a syntax error or a key that occurs
/// twice in one object.
nlohmann::json parse_json(std::string_view text, std::string_view source);

/// Compact text. Bytes that are not UTF-8 (in a file's name, say) become U+FFFD.
std::string to_text(const nlohmann::json& value);

}  // namespace alexnet
