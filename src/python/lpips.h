#pragma once

#include <nanobind/nanobind.h>

namespace alexnet::python {

/// Lpips.
void bind_lpips(nanobind::module_& module);

}  // namespace alexnet::python
