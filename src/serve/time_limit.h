#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "serve/http.h"

namespace alexnet::serve {

/// Ends what a socket waits for when its time is over: that fails with operation_aborted. A cancel
/// finds nothing between two operations, so it comes again and again until there is a new limit.
class TimeLimit {
 public:
  /// `over` is called whenever it cancels.
  TimeLimit(boost::asio::io_context& io, boost::asio::ip::tcp::socket& socket,
            std::function<void()> over)
      : timer_(io), socket_(socket), on_over_(std::move(over)) {}

  /// From now. Nothing happens any more once `owner`, which this is a part of, is gone.
  void set(Clock::duration time, std::weak_ptr<void> owner);
  bool over() const { return over_; }

 private:
  void wait();

  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::socket& socket_;
  std::function<void()> on_over_;
  std::weak_ptr<void> owner_;
  bool over_ = false;
};

}  // namespace alexnet::serve
