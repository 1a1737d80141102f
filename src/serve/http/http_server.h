#pragma once

#include <cstdint>
#include <memory>

#include "serve/http/handler.h"
#include "serve/http/options.h"

namespace alexnet::serve {

/// HTTP/1.1 on one I/O thread: keep-alive and pipelining, limits and deadlines on everything.
class HttpServer {
 public:
  /// Listens and serves at once. Throws Error when the address is taken or wrong, or the
  /// certificate cannot be used.
  HttpServer(const HttpOptions& options, HttpHandler& handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// After the delay of the options, stops listening and closes idle connections; requests in
  /// progress are answered.
  void drain();
  /// Reads certificate and key again, for new connections. Throws Error, and keeps those that it
  /// has, when they cannot be used.
  void reload_certificate();
  /// Whether all connections are closed.
  bool drained() const;
  /// Ends the I/O thread and drops requests in progress. Replies may still be called, to no effect.
  void stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace alexnet::serve
