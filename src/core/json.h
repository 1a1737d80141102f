#pragma once

#include <cstddef>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace alexnet {

/// Parses JSON text. Throws Error, beginning with `source`, on a syntax error (a zero byte is one
/// too), a key that occurs twice in one object, or more than `max_values` values: each takes many
/// times the bytes of "0,".
nlohmann::json parse_json(std::string_view text, std::string_view source,
                          std::size_t max_values = std::numeric_limits<std::size_t>::max());

/// Compact text. Bytes that are not UTF-8 (in a file's name, say) become U+FFFD.
std::string to_text(const nlohmann::json& value);

}  // namespace alexnet
