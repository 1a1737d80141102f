#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>
#include <unordered_set>

#include "serve/http_server.h"

/// One connection, from accept to close. Everything runs on the I/O thread.
namespace alexnet::serve {

class HttpSession {
 public:
  virtual ~HttpSession() = default;
  virtual void start() = 0;
  /// Closes when no request is under way, else after its answer.
  virtual void drain() = 0;
  /// The I/O thread has ended: no answer is waited for any more.
  virtual void abandon() = 0;
};

/// What the connections of a server share.
struct HttpShared {
  HttpOptions options;
  HttpHandler& handler;
  boost::asio::io_context& io;
  std::unordered_set<HttpSession*> sessions{};
  std::size_t body_bytes = 0;  // of all requests being served
  bool draining = false;

  void opened(HttpSession* session);
  void closed(HttpSession* session);
};

/// `tls` null: plain.
std::shared_ptr<HttpSession> make_session(boost::asio::ip::tcp::socket socket, HttpShared& shared,
                                          boost::asio::ssl::context* tls);

/// Tells a client that there is no room, as far as its socket takes that at once.
void turn_away(boost::asio::ip::tcp::socket socket);

}  // namespace alexnet::serve
