#pragma once

#include <nanobind/nanobind.h>

namespace alexnet::python {

/// The library's errors become exceptions of Python, by their kind: ValueError, NotFoundError
/// (a FileNotFoundError and a ValueError), NotImplementedError, OSError, RuntimeError.
void bind_errors(nanobind::module_& module);

}  // namespace alexnet::python
