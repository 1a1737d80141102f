#include "serve/url.h"

#include <charconv>

namespace alexnet::serve {
namespace {

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    constexpr int kBase = 16;
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, kBase);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

// Calls `each` with the parts between separators; stops and returns false when it does.
template <class Each>
bool split(std::string_view text, char separator, const Each& each) {
  for (;;) {
    const auto end = text.find(separator);
    if (!each(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  const auto question = target.find('?');
  const std::string_view path =
      target.substr(1, question == std::string_view::npos ? question : question - 1);
  Target parsed;
  const bool path_good = path.empty() || split(path, '/', [&](std::string_view part) {
                           const auto segment = decode(part, false);
                           if (segment) parsed.segments.push_back(*segment);
                           return segment.has_value();
                         });
  if (!path_good) return std::nullopt;
  if (question == std::string_view::npos) return parsed;
  const bool query_good = split(target.substr(question + 1), '&', [&](std::string_view part) {
    if (part.empty()) return true;
    const auto equals = part.find('=');
    const auto name = decode(part.substr(0, equals), true);
    const auto value =
        decode(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
    return name && value && parsed.query.emplace(*name, *value).second;
  });
  if (!query_good) return std::nullopt;
  return parsed;
}

}  // namespace alexnet::serve
