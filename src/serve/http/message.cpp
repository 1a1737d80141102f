#include "serve/http/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/beast/http/error.hpp>
#include <ctime>
#include <string>

namespace alexnet::serve {
namespace {

namespace http = boost::beast::http;

std::string http_date() {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr)));
}

}  // namespace

HttpMessage make_message(const HttpRequest& request, const HttpResponse& response, unsigned version,
                         bool keep_alive) {
  const std::size_t size = request.method == "HEAD" ? 0 : response.body.size();
  HttpMessage message(static_cast<http::status>(response.status), version,
                      boost::beast::span<const char>(response.body.data(), size));
  message.reason(std::string(reason_phrase(response.status)));
  message.set(http::field::server, "alexnet");
  message.set(http::field::date, http_date());
  message.set("X-Request-Id", request.id);
  message.set("X-Content-Type-Options", "nosniff");
  if (!response.body.empty()) message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep_alive);
  message.content_length(response.body.size());
  return message;
}

std::optional<Problem> problem_of(const boost::system::error_code& error,
                                  const HttpOptions& options) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  if (error == http::error::header_limit) {
    return Problem(431, fmt::format("the request's head is larger than the limit of {} bytes",
                                    options.max_head));
  }
  if (error == http::error::body_limit) {
    return body_too_large(options.max_body);
  }
  if (error == http::error::buffer_overflow) {
    return Problem(400, "a chunk's header or the trailer is larger than the limit");
  }
  if (error.category() == make_error_code(http::error::bad_method).category()) {
    return Problem(400, fmt::format("the request is not valid HTTP: {}", error.message()));
  }
  return std::nullopt;
}

}  // namespace alexnet::serve
