#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>

#include "serve/http/session_context.h"

/// One connection, from accept to close. Everything runs on the I/O thread.
namespace alexnet::serve {

class HttpSession {
 public:
  virtual ~HttpSession() = default;
  virtual void start() = 0;
  /// Closes when it is idle and no request has arrived, else after that request's response.
  virtual void drain() = 0;
  /// Since when it waits for a request; nothing while one is in progress or has arrived.
  virtual std::optional<Clock::time_point> idle_since() = 0;
  /// Closes at once.
  virtual void close() = 0;
  /// Drops the request in progress; the I/O thread has ended.
  virtual void abandon() = 0;
};

/// `tls` null: plain HTTP.
std::shared_ptr<HttpSession> make_session(boost::asio::ip::tcp::socket socket,
                                          SessionContext& context, boost::asio::ssl::context* tls);

}  // namespace alexnet::serve
