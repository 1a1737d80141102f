#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http.h"

namespace alexnet::serve {

/// What a route's pattern captured: {"model": "fashion"} of "/v2/models/{model}".
using Captures = std::map<std::string, std::string, std::less<>>;

/// Matches a path against "/v2/models/{model}"; nothing when it is another.
std::optional<Captures> match(std::string_view pattern, const std::vector<std::string>& segments);

}  // namespace alexnet::serve
