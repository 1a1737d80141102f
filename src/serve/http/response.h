#pragma once

#include <functional>
#include <string>

#include "serve/http/headers.h"

namespace alexnet::serve {

/// The status in log and metrics of a request whose client disconnected before the response, as
/// nginx has it.
inline constexpr int kClientClosedRequest = 499;

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
};

/// Called once, from any thread.
using Reply = std::function<void(HttpResponse)>;

}  // namespace alexnet::serve
