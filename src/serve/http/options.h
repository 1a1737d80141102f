#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace alexnet::serve {

struct HttpOptions {
  std::string host = "127.0.0.1";  ///< a numeric address, or "localhost"
  std::uint16_t port = 8080;       ///< 0: any that is free
  int listener = -1;               ///< a socket that listens at `host` already; -1: none
  std::size_t max_body = std::size_t{32} << 20U;     ///< bytes of one request
  std::size_t max_bodies = std::size_t{512} << 20U;  ///< bytes of all requests in progress
  std::size_t max_head = std::size_t{16} << 10U;     ///< bytes of request line and header fields
  std::size_t max_connections = 256;
  /// For each of: receiving a request, computing its response, sending that.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds head_timeout{10'000};  ///< to receive a request's head
  std::chrono::milliseconds idle_timeout{60'000};  ///< between requests of a connection
  std::string tls_certificate;                     ///< PEM file of the chain; empty: plain HTTP
  std::string tls_key;                             ///< PEM file
  /// Whose pages may send requests: "https://example.com"; "*": all.
  std::vector<std::string> cors_origins;
  /// From the word to drain to the end of listening, so that load balancers see it coming.
  std::chrono::milliseconds drain_delay{0};
};

}  // namespace alexnet::serve
