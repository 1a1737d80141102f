#pragma once

#include <alexnet/error.h>

#include <string>
#include <utility>

#include "serve/http.h"

namespace alexnet::serve {

/// An error with the HTTP status that it is answered with.
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

/// Throws Problem (504) when nobody waits any longer.
void check_patience(const Patience& patience);

/// 503 with Retry-After.
Problem busy(const std::string& detail);

/// "Not Found"
std::string_view reason_phrase(int status);

/// A problem document (RFC 9457): type, title, status, detail; the detail again as "error", where
/// clients of the Open Inference Protocol look.
HttpResponse to_response(const Problem& problem);

}  // namespace alexnet::serve
