#include "serve/router.h"

namespace alexnet::serve {

std::optional<Captures> match(std::string_view pattern, const std::vector<std::string>& segments) {
  Captures captures;
  std::string_view rest = pattern.substr(1);
  for (const std::string& segment : segments) {
    const auto end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.starts_with('{')) {
      captures.emplace(part.substr(1, part.size() - 2), segment);
    } else if (part != segment || part.empty()) {
      return std::nullopt;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!rest.empty()) return std::nullopt;
  return captures;
}

}  // namespace alexnet::serve
