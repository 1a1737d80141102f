#pragma once

#include <atomic>
#include <chrono>
#include <memory>

namespace alexnet::serve {

using Clock = std::chrono::steady_clock;

inline double to_seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

/// When work on a request should stop: at its deadline, or when the client has disconnected.
struct Cancellation {
  Clock::time_point deadline;
  std::shared_ptr<std::atomic<bool>> disconnected;  ///< null: never

  bool requested(Clock::time_point now) const {
    return deadline <= now || (disconnected && *disconnected);
  }
};

}  // namespace alexnet::serve
