#pragma once

#include <functional>
#include <memory>

namespace alexnet::cli {

/// What signals ask of a server. They arrive on a thread of their own, which nothing holds up.
///
/// SIGINT and SIGTERM end the process at once before `on_stop` is known; then the first asks to
/// stop, and the second ends at once. SIGHUP asks to reload; where the process has a terminal,
/// whose closing it then is, it asks to stop (not under nohup).
class ServeSignals {
 public:
  /// For this thread and those that are started later.
  ServeSignals();
  ServeSignals(const ServeSignals&) = delete;
  ServeSignals& operator=(const ServeSignals&) = delete;

  /// What is called first of all when a stop is asked for, on the signals' thread: it must not
  /// block.
  void on_stop(std::function<void()> stop);
  /// Waits for the next request: true to reload, false to stop.
  bool wait_for_reload();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace alexnet::cli
