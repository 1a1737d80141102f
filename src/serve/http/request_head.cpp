#include "serve/http/request_head.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "serve/http/problem.h"
#include "serve/http/request_id.h"
#include "serve/http/url.h"

namespace alexnet::serve {
namespace {

constexpr unsigned kHttp11 = 11;

// A host, perhaps with a port, of the characters of RFC 3986, 3.2.2; also empty.
bool is_authority(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

void check_host(const HttpRequest& request, unsigned version) {
  const std::size_t count = count_headers(request.headers, "Host");
  if (count > 1) throw Problem(400, "the request has more than one Host");
  if (count == 0 && version >= kHttp11) {
    throw Problem(400, "the request has no Host, which HTTP/1.1 requires");
  }
  if (!is_authority(request.header("Host"))) {
    throw Problem(400, "the request's Host is not a host, perhaps with a port");
  }
}

// Where server and proxy see a body's end in different places, the rest of it is smuggled past one
// of them as a request.
void check_framing(const HttpRequest& request, unsigned version) {
  const std::size_t count = count_headers(request.headers, "Transfer-Encoding");
  if (count == 0) return;
  if (count_headers(request.headers, "Content-Length") > 0) {
    throw Problem(400, "the request has both Content-Length and Transfer-Encoding");
  }
  if (version < kHttp11) {
    throw Problem(400, "HTTP/1.0 has no Transfer-Encoding; send Content-Length");
  }
  if (count > 1 || lower_case(request.header("Transfer-Encoding")) != "chunked") {
    throw Problem(400, "the only Transfer-Encoding understood is chunked, once");
  }
}

}  // namespace

void read_head(const boost::beast::http::request_header<>& head, HttpRequest& request) {
  request.method = std::string(head.method_string());
  request.target = std::string(head.target());
  for (const auto& field : head) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.id = request_id(request.header("X-Request-Id"));
  Target target = parse_target(request.target);
  request.segments = std::move(target.segments);
  request.query = std::move(target.query);
  check_host(request, head.version());
  check_framing(request, head.version());
}

}  // namespace alexnet::serve
