#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

namespace alexnet {

/// Sees what a parser finds, in order: the start, a key, a value, the end. What it returns false
/// for the document does not keep; of what starts, return true to see the inside.
using JsonFilter =
    std::function<bool(nlohmann::json::parse_event_t event, const nlohmann::json& parsed)>;

/// parse_json without a limit of values, which is the filter's business.
nlohmann::json parse_json(std::string_view text, std::string_view source, const JsonFilter& filter);

}  // namespace alexnet
