#pragma once

#include <alexnet/error.h>
#include <alexnet_c.h>
#include <fmt/format.h>

#include <string_view>

/// What every function of the C interface does with its arguments and its errors.
namespace alexnet::capi {

/// A call of a function of the interface, by whose name its own errors begin.
class Call {
 public:
  explicit Call(std::string_view function) : function_(function) {}

  /// An argument, or a part of one, that must be there. Throws Error.
  template <class T>
  T& need(T* argument, std::string_view name) const {
    if (argument == nullptr) throw Error(fmt::format("{}: {} is NULL", function_, name));
    return *argument;
  }

  Error error(std::string_view what, ErrorKind kind = ErrorKind::bad_input) const {
    return Error(fmt::format("{}: {}", function_, what), kind);
  }

 private:
  std::string_view function_;
};

/// Keeps the sentence of the exception that is being handled for alexnet_last_error. Its status.
alexnet_status keep_exception() noexcept;

/// Does the work of a function. Its status; no exception leaves it.
template <class Work>
alexnet_status guarded(const char* function, Work&& work) noexcept {
  try {
    work(Call(function));
    return ALEXNET_OK;
  } catch (...) {
    return keep_exception();
  }
}

}  // namespace alexnet::capi
