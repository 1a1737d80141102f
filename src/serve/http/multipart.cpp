#include "serve/http/multipart.h"

#include <fmt/format.h>

#include <algorithm>

#include "serve/http/headers.h"
#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

[[noreturn]] void refuse(std::string_view why) {
  throw Problem(400, fmt::format("the multipart body is not well-formed: {}", why));
}

// Reads the lines up to the empty one, and that.
Headers read_headers(std::string_view& rest) {
  constexpr std::size_t kMostHeaders = 32;
  Headers headers;
  for (;;) {
    const auto end = rest.find(kLineEnd);
    if (end == std::string_view::npos) refuse("a part's header does not end");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + kLineEnd.size());
    if (line.empty()) return headers;
    if (headers.size() == kMostHeaders) refuse("a part has more than 32 header lines");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) refuse("a header line has no colon");
    const auto value = line.find_first_not_of(" \t", colon + 1);
    headers.emplace_back(line.substr(0, colon),
                         value == std::string_view::npos ? "" : line.substr(value));
  }
}

FormPart make_part(const Headers& headers, std::string_view content) {
  const std::string_view disposition = find_header(headers, "Content-Disposition");
  const auto name = header_parameter(disposition, "name");
  if (media_type(disposition) != "form-data" || !name) {
    refuse("a part has no Content-Disposition: form-data with a name");
  }
  if (media_type(find_header(headers, "Content-Type")) == "multipart/mixed") {
    refuse("a part holds several files; give each a part of its own (in curl an -F)");
  }
  return {.name = *name,
          .filename = header_parameter(disposition, "filename").value_or(""),
          .content = content};
}

}  // namespace

std::vector<FormPart> parse_multipart(std::string_view body, std::string_view boundary) {
  constexpr std::size_t kLongestBoundary = 70;  // RFC 2046, 5.1.1
  constexpr std::size_t kMostParts = 1000;
  if (boundary.empty() || boundary.size() > kLongestBoundary) {
    refuse("its Content-Type has no boundary of 1 to 70 characters");
  }
  const std::string delimiter = fmt::format("\r\n--{}", boundary);
  std::string_view rest = body;
  if (rest.starts_with(std::string_view(delimiter).substr(kLineEnd.size()))) {
    rest.remove_prefix(delimiter.size() - kLineEnd.size());
  } else {  // a preamble
    const auto first = rest.find(delimiter);
    if (first == std::string_view::npos) refuse("its boundary does not occur");
    rest.remove_prefix(first + delimiter.size());
  }
  std::vector<FormPart> parts;
  while (!rest.starts_with("--")) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (!rest.starts_with(kLineEnd)) refuse("text follows a boundary on its line");
    rest.remove_prefix(kLineEnd.size());
    if (parts.size() == kMostParts) refuse("it has more than 1000 parts");
    const Headers headers = read_headers(rest);
    const auto end = rest.find(delimiter);
    if (end == std::string_view::npos) refuse("the last boundary is missing");
    parts.push_back(make_part(headers, rest.substr(0, end)));
    rest.remove_prefix(end + delimiter.size());
  }
  return parts;
}

}  // namespace alexnet::serve
