#include "serve/http/time_limit.h"

#include <utility>

namespace alexnet::serve {

void TimeLimit::set(Clock::duration time, std::weak_ptr<void> owner) {
  expired_ = false;
  owner_ = std::move(owner);
  timer_.expires_after(time);
  wait();
}

void TimeLimit::wait() {
  timer_.async_wait([this, weak = owner_](const boost::system::error_code& error) {
    const auto owner = weak.lock();
    if (error || !owner || timer_.expiry() > Clock::now()) return;
    constexpr std::chrono::milliseconds kAgain{50};
    expired_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    timer_.expires_after(kAgain);
    wait();
    on_expired_();
  });
}

}  // namespace alexnet::serve
