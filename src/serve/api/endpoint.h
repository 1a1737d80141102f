#pragma once

#include <memory>
#include <stdexcept>
#include <string_view>

#include "serve/api/server_state.h"
#include "serve/http/path_pattern.h"
#include "serve/http/request.h"
#include "serve/http/response.h"

namespace alexnet::serve {

/// A request and how to reply to it.
struct Call {
  std::shared_ptr<const HttpRequest> request;
  PathParameters path;
  Reply reply;
};

/// Runs on the I/O thread, so it must be quick (dispatch.h has what takes longer). Replies once, or
/// throws instead: response_of_exception() is then the reply.
using Handler = void (*)(const Call& call, ServerState& state);

/// Text that cannot be left out: it has no default, and an empty one is not a constant expression.
class RequiredText {
 public:
  constexpr RequiredText(const char* text) : text_(text) {
    if (text_.empty()) throw std::invalid_argument("the text is empty");
  }
  constexpr operator std::string_view() const { return text_; }

 private:
  std::string_view text_;
};

/// What /openapi.json says of an endpoint, besides method, path and its parameters: pieces of an
/// OpenAPI operation as JSON, which may refer to the components of page/openapi.json.
struct Documentation {
  RequiredText id;                     ///< operationId
  RequiredText summary;                ///< one line
  std::string_view parameters = "[]";  ///< of the query
  std::string_view request_body;       ///< empty: the request has none
  RequiredText response;               ///< of status 200; errors are problem documents everywhere
};

struct Endpoint {
  std::string_view method;   ///< "GET" answers HEAD too
  std::string_view pattern;  ///< "/v2/models/{model}"
  Handler handler;
  bool open = false;  ///< without a token, too
  Documentation documentation;
};

}  // namespace alexnet::serve
