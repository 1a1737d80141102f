#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "serve/http/request.h"
#include "serve/http/response.h"

namespace alexnet::serve {

/// What the transport asks of the service. All members are called on the I/O thread, so they must
/// be quick; `handle` may reply later, from another thread.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// Looks at a request before its body is read; a response refuses it.
  virtual std::optional<HttpResponse> refuse(const HttpRequest& head) = 0;
  virtual void handle(std::shared_ptr<const HttpRequest> request, Reply reply) = 0;
  /// A response has been written, or its client has disconnected (kClientClosedRequest). The
  /// method is empty where the request could not be parsed.
  virtual void responded(const HttpRequest& request, const HttpResponse& response) = 0;
  /// A connection above the limit was closed after `response`, over TLS without it. `request` has
  /// an id, a client and a time only.
  virtual void connection_refused(const HttpRequest& request, const HttpResponse& response) = 0;
  virtual void connections_changed(std::size_t open) = 0;
  /// An unexpected exception; the connection that it came from is closed.
  virtual void failed(const std::string& what) = 0;
};

}  // namespace alexnet::serve
