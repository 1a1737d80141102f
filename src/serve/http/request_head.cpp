#include "serve/http/request_head.h"

#include <string>
#include <string_view>
#include <utility>

#include "serve/http/authority.h"
#include "serve/http/problem.h"
#include "serve/http/request_id.h"
#include "serve/http/url.h"

namespace alexnet::serve {
namespace {

constexpr unsigned kHttp11 = 11;

void check_host(const HttpRequest& request, unsigned version) {
  const std::size_t count = count_headers(request.headers, "Host");
  if (count > 1) throw Problem(400, "the request has more than one Host");
  if (count == 0 && version >= kHttp11) {
    throw Problem(400, "the request has no Host, which HTTP/1.1 requires");
  }
  const std::string_view host = request.header("Host");
  if (!host.empty() && !is_authority(host)) {
    throw Problem(400, "the request's Host is not a host, perhaps with a port up to 65535");
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

// Several Connection fields are one list, in which close is stronger (RFC 9112, 9.3).
bool wants_keep_alive(const HttpRequest& request, unsigned version) {
  bool keep_alive = version >= kHttp11;
  for (const auto& [name, value] : request.headers) {
    if (lower_case(name) != "connection") continue;
    for (const std::string_view option : list_elements(value)) {
      const std::string word = lower_case(option);
      if (word == "close") return false;
      if (word == "keep-alive") keep_alive = true;
    }
  }
  return keep_alive;
}

}  // namespace

void read_head(const boost::beast::http::request_header<>& head, HttpRequest& request) {
  request.method = std::string(head.method_string());
  request.target = std::string(head.target());
  for (const auto& field : head) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.id = request_id(request.header("X-Request-Id"));
  request.keep_alive = wants_keep_alive(request, head.version());
  if (!request.is_for_server()) {
    Target target = parse_target(request.target);
    request.segments = std::move(target.segments);
    request.query = std::move(target.query);
  }
  check_host(request, head.version());
  check_framing(request, head.version());
}

}  // namespace alexnet::serve
