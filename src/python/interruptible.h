#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>

namespace alexnet::python {

/// Work that takes minutes, called from Python: Ctrl-C and other signals are served meanwhile,
/// other threads of Python go on, and callbacks come in the thread that called.
class Interruptible {
 public:
  /// Runs `work` in a thread of its own until it has ended. Then throws what a signal's handler or
  /// a callback has thrown, or else what the work has.
  void run(const std::function<void()>& work);

  /// For the work: calls into Python and waits for the end of it. Nothing is called once something
  /// has thrown.
  void call(const std::function<void()>& function);
  /// For the work: something has thrown, and it is to end soon.
  const std::atomic<bool>& stopped() const { return stopped_; }

 private:
  void serve();
  void serve_python();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* wanted_ = nullptr;  // to be called
  bool has_ended_ = false;
  std::atomic<bool> stopped_ = false;
  std::exception_ptr from_python_;
};

}  // namespace alexnet::python
