#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet::serve {

/// A request target in parts, percent-decoded.
struct Target {
  std::vector<std::string> segments;         ///< of the path; empty for "/"
  std::map<std::string, std::string> query;  ///< a name without "=" has an empty value
};

/// Nothing unless it is an absolute path ("/a/b?c=d") of well-formed escapes that names no
/// parameter twice.
std::optional<Target> parse_target(std::string_view target);

}  // namespace alexnet::serve
