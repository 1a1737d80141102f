#include "python/interruptible.h"

#include <chrono>
#include <thread>

namespace alexnet::python {

namespace nb = nanobind;

void Interruptible::run(const std::function<void()>& work) {
  std::exception_ptr from_work;
  {
    const nb::gil_scoped_release released;
    std::thread worker([&] {
      try {
        work();
      } catch (...) {
        from_work = std::current_exception();
      }
      const std::scoped_lock lock(mutex_);
      has_ended_ = true;
      changed_.notify_all();
    });
    serve();
    worker.join();
  }
  if (from_python_) std::rethrow_exception(from_python_);
  if (from_work) std::rethrow_exception(from_work);
}

void Interruptible::call(const std::function<void()>& function) {
  std::unique_lock lock(mutex_);
  if (stopped_) return;
  wanted_ = &function;
  changed_.notify_all();
  changed_.wait(lock, [&] { return wanted_ == nullptr; });
}

void Interruptible::serve() {
  constexpr std::chrono::milliseconds kBetweenSignals{50};
  std::unique_lock lock(mutex_);
  while (!has_ended_) {
    changed_.wait_for(lock, kBetweenSignals, [&] { return has_ended_ || wanted_ != nullptr; });
    serve_python();
    wanted_ = nullptr;
    changed_.notify_all();
  }
}

void Interruptible::serve_python() {
  const nb::gil_scoped_acquire acquired;
  try {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (wanted_ != nullptr) (*wanted_)();
  } catch (...) {
    if (!stopped_) from_python_ = std::current_exception();
    stopped_ = true;
  }
}

}  // namespace alexnet::python
