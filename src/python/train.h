#pragma once

#include <nanobind/nanobind.h>

namespace alexnet::python {

/// _train and what it gives; alexnet_cpp/_training.py has train itself.
void bind_training(nanobind::module_& module);

}  // namespace alexnet::python
