#pragma once

#include <alexnet/error.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "serve/http/cancellation.h"
#include "serve/http/headers.h"
#include "serve/http/response.h"

namespace alexnet::serve {

/// An error with an explicit HTTP status, whatever its kind.
class Problem : public Error {
 public:
  Problem(int status, const std::string& detail, Headers headers = {})
      : Error(detail), status_(status), headers_(std::move(headers)) {}
  int status() const { return status_; }
  const Headers& headers() const { return headers_; }

 private:
  int status_;
  Headers headers_;
};

/// Throws Problem (504) when the request's deadline has passed or its client has disconnected.
void throw_if_cancelled(const Cancellation& cancellation);

/// 503 with Retry-After.
Problem unavailable(const std::string& detail);
/// 413: a body of more than `limit` bytes.
Problem body_too_large(std::size_t limit);
/// 503: the limit of all bodies together is reached.
Problem bodies_too_large();

/// "Not Found" of 404.
std::string_view reason_phrase(int status);

/// A problem document (RFC 9457): type, title, status, detail; the detail again as "error", where
/// clients of the Open Inference Protocol look.
HttpResponse to_response(const Problem& problem);

/// The response to the exception that is being handled: a Problem has its status, an Error that of
/// its kind, any other exception 500.
HttpResponse response_of_exception();

}  // namespace alexnet::serve
