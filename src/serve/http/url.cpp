#include "serve/http/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "serve/http/authority.h"
#include "serve/http/headers.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

std::string decode(std::string_view text, bool plus_is_space) {
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
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
      throw Problem(400, fmt::format("'{}' in the request's target is no escape: two hexadecimal "
                                     "digits follow a %, which is itself written %25",
                                     to_printable(text.substr(i, 3))));
    }
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

// Calls `each` with the parts between separators.
template <class Each>
void split(std::string_view text, char separator, const Each& each) {
  for (;;) {
    const auto end = text.find(separator);
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// "/a?b" of "http://host/a?b".
std::string path_of(std::string_view target) {
  if (target.starts_with('/')) return std::string(target);
  constexpr std::string_view kAuthority = "://";
  const auto scheme = target.find(kAuthority);
  const std::string name = lower_case(target.substr(0, scheme));
  if (scheme == std::string_view::npos || (name != "http" && name != "https")) {
    throw Problem(400, fmt::format("the request's target must be a path, such as /v2, not '{}'",
                                   to_printable(target)));
  }
  target.remove_prefix(scheme + kAuthority.size());
  const std::string_view authority = target.substr(0, target.find_first_of("/?"));
  if (!is_authority(authority)) {
    throw Problem(400, fmt::format("the request's target has '{}' where a host belongs, perhaps "
                                   "with a port up to 65535",
                                   to_printable(authority)));
  }
  target.remove_prefix(authority.size());
  return target.starts_with('/') ? std::string(target) : fmt::format("/{}", target);
}

void add_parameter(Target& parsed, std::string_view part) {
  if (part.empty()) return;
  const auto equals = part.find('=');
  const std::string name = decode(part.substr(0, equals), true);
  std::string value = decode(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
  if (!parsed.query.emplace(name, std::move(value)).second) {
    throw Problem(400, fmt::format("the parameter '{}' is in the query twice", to_printable(name)));
  }
}

}  // namespace

Target parse_target(std::string_view target) {
  if (target.find('#') != std::string_view::npos) {
    throw Problem(400, "the request's target has a fragment (#), which clients keep to themselves");
  }
  const std::string whole = path_of(target);
  const std::string_view text = std::string_view(whole).substr(1);
  const auto question = std::min(text.find('?'), text.size());
  Target parsed;
  if (question > 0) {
    split(text.substr(0, question), '/',
          [&](std::string_view part) { parsed.segments.push_back(decode(part, false)); });
  }
  if (question < text.size()) {
    split(text.substr(question + 1), '&',
          [&](std::string_view part) { add_parameter(parsed, part); });
  }
  return parsed;
}

}  // namespace alexnet::serve
