#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>

#include "serve/http_shared.h"

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

/// `tls` null: plain.
std::shared_ptr<HttpSession> make_session(boost::asio::ip::tcp::socket socket, HttpShared& shared,
                                          boost::asio::ssl::context* tls);

}  // namespace alexnet::serve
