#pragma once

#include <alexnet/net.h>
#include <nanobind/nanobind.h>

#include "python/shared.h"

namespace alexnet::python {

/// AlexNet of Python.
using Network = Shared<AlexNet>;

void bind_network(nanobind::module_& module);

}  // namespace alexnet::python
