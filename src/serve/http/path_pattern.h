#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet::serve {

/// The segments that a pattern names: {"model": "fashion"} of "/v2/models/{model}".
using PathParameters = std::map<std::string, std::string, std::less<>>;

/// Matches a path against "/v2/models/{model}" or "/v1/models/{model}:predict"; nothing when it
/// does not match.
std::optional<PathParameters> match_path(std::string_view pattern,
                                         const std::vector<std::string>& segments);

/// The names in a pattern: {"model"} of "/v2/models/{model}".
std::vector<std::string> parameter_names(std::string_view pattern);

}  // namespace alexnet::serve
