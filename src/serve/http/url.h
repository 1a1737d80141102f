#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet::serve {

/// A request target in parts, percent-decoded.
struct Target {
  std::vector<std::string> segments;         ///< of the path; empty for "/"
  std::map<std::string, std::string> query;  ///< a name without "=" has an empty value
};

/// An absolute path ("/a/b?c=d") or the absolute form of RFC 9112, 3.2.2 ("http://host/a/b?c=d").
/// Throws Problem (400) for anything else, escapes that are none, and a parameter named twice.
Target parse_target(std::string_view target);

}  // namespace alexnet::serve
