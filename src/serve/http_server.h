#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "serve/http.h"

namespace alexnet::serve {

struct HttpOptions {
  std::string host = "127.0.0.1";                    ///< a numeric address, or "localhost"
  std::uint16_t port = 8080;                         ///< 0: any that is free
  std::size_t max_body = std::size_t{32} << 20U;     ///< bytes of one request
  std::size_t max_bodies = std::size_t{512} << 20U;  ///< bytes of all that are being served
  std::size_t max_head = std::size_t{16} << 10U;     ///< bytes of request line and header fields
  std::size_t max_connections = 256;
  std::chrono::milliseconds timeout{30'000};  ///< to receive a request, to answer it, to send that
  std::chrono::milliseconds head_timeout{10'000};  ///< to receive its head
  std::chrono::milliseconds idle_timeout{60'000};  ///< between requests of a connection
  std::string tls_certificate;                     ///< PEM file of the chain; empty: plain HTTP
  std::string tls_key;                             ///< PEM file
};

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
  /// Listens no longer and closes idle connections; requests that are under way are answered.
  void drain();
  /// Whether all connections are closed.
  bool drained() const;
  /// Ends the I/O thread, whatever is under way. Replies may still be called, to no effect.
  void stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace alexnet::serve
