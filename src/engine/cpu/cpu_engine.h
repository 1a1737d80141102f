#pragma once

#include <alexnet/engine.h>

namespace alexnet {

/// The fast engine: NHWC activations, planned once; see cpu/step.h.
const Engine& cpu_engine();

}  // namespace alexnet
