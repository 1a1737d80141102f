#pragma once

#include <nanobind/nanobind.h>

namespace alexnet::python {

/// evaluate, Evaluation, BadImage.
void bind_evaluation(nanobind::module_& module);

}  // namespace alexnet::python
