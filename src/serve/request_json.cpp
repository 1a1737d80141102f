#include "serve/request_json.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "formats/json.h"
#include "serve/problem.h"

namespace alexnet::serve {

nlohmann::json parse_body(std::string_view text) {
  try {
    constexpr std::size_t kMostValues = 4'000'000;  // some 300 MB
    auto body = parse_json(text, "the request's body", kMostValues);
    if (body.is_object()) return body;
  } catch (const Error& error) {
    throw Problem(400, error.what());
  }
  throw Problem(400, "the request's body must be a JSON object");
}

std::string to_shown(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string shown(text.substr(0, kLongest));
  std::ranges::replace_if(
      shown, [](char c) { return std::isprint(static_cast<unsigned char>(c)) == 0; }, '?');
  return text.size() > kLongest ? shown + "..." : shown;
}

}  // namespace alexnet::serve
