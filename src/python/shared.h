#pragma once

#include <nanobind/nanobind.h>

#include <mutex>
#include <utility>

namespace alexnet::python {

namespace nb = nanobind;

/// An object of the library for Python's threads, which may use it at the same time: each use waits
/// for its turn. Other threads of Python go on meanwhile.
template <class Object>
class Shared {
 public:
  explicit Shared(Object object) : object_(std::move(object)) {}

  /// What `work` makes of the object. It must not touch anything of Python's.
  template <class Work>
  auto use(const Work& work) {
    const nb::gil_scoped_release released;
    const std::scoped_lock turn(mutex_);
    return work(object_);
  }

 private:
  Object object_;
  std::mutex mutex_;
};

}  // namespace alexnet::python
