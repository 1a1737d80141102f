#include "serve/http/path_pattern.h"

#include <algorithm>
#include <utility>

namespace alexnet::serve {

std::optional<PathParameters> match_path(std::string_view pattern,
                                         const std::vector<std::string>& segments) {
  PathParameters parameters;
  std::string_view rest = pattern.substr(1);
  for (const std::string& segment : segments) {
    const auto end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.starts_with('{')) {
      const auto brace = part.find('}');
      const std::string_view suffix = part.substr(brace + 1);
      if (!segment.ends_with(suffix)) return std::nullopt;
      std::string value = segment.substr(0, segment.size() - suffix.size());
      if (value.find(':') != std::string::npos) return std::nullopt;  // another path's suffix
      parameters.emplace(part.substr(1, brace - 1), std::move(value));
    } else if (part != segment || part.empty()) {
      return std::nullopt;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!rest.empty()) return std::nullopt;
  return parameters;
}

std::vector<std::string> parameter_names(std::string_view pattern) {
  std::vector<std::string> names;
  for (auto begin = pattern.find('{'); begin != std::string_view::npos;
       begin = pattern.find('{', begin + 1)) {
    names.emplace_back(pattern.substr(begin + 1, pattern.find('}', begin) - begin - 1));
  }
  return names;
}

}  // namespace alexnet::serve
