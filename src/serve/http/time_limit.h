#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "serve/http/cancellation.h"

namespace alexnet::serve {

/// Cancels a socket's operations when its time is over: they fail with operation_aborted. A cancel
/// between two operations has no effect, so it is repeated until there is a new limit.
class TimeLimit {
 public:
  /// `on_expired` is called after each cancel.
  TimeLimit(boost::asio::io_context& io, boost::asio::ip::tcp::socket& socket,
            std::function<void()> on_expired)
      : timer_(io), socket_(socket), on_expired_(std::move(on_expired)) {}

  /// Counts from now. Has no effect once `owner`, the object that contains this one, is destroyed.
  void set(Clock::duration time, std::weak_ptr<void> owner);
  bool expired() const { return expired_; }

 private:
  void wait();

  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::socket& socket_;
  std::function<void()> on_expired_;
  std::weak_ptr<void> owner_;
  bool expired_ = false;
};

}  // namespace alexnet::serve
