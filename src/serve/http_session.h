#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "serve/charge.h"
#include "serve/http_server.h"

/// One connection, from accept to close. Everything runs on the I/O thread.
namespace alexnet::serve {

class HttpSession {
 public:
  virtual ~HttpSession() = default;
  virtual void start() = 0;
  /// Closes when no request is under way or has arrived, else after its answer.
  virtual void drain() = 0;
  /// Since when it waits for a request to begin; nothing while one is under way or has arrived.
  virtual std::optional<Clock::time_point> idle_since() = 0;
  /// Closes at once.
  virtual void close() = 0;
  /// The I/O thread has ended: no answer is waited for any more.
  virtual void abandon() = 0;
};

/// What the connections of a server share.
struct HttpShared {
  HttpOptions options;
  HttpHandler& handler;
  boost::asio::io_context& io;
  std::unordered_set<HttpSession*> sessions{};
  Charge::Total body_bytes = std::make_shared<std::atomic<std::size_t>>(0);  // of all requests
  bool draining = false;

  void opened(HttpSession* session);
  void closed(HttpSession* session);
};

/// `tls` null: plain.
std::shared_ptr<HttpSession> make_session(boost::asio::ip::tcp::socket socket, HttpShared& shared,
                                          boost::asio::ssl::context* tls);

/// The address at the other end; empty when there is none any more.
std::string client_address(const boost::asio::ip::tcp::socket& socket);

}  // namespace alexnet::serve
