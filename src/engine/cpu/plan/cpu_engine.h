#pragma once

#include "engine/common/engine.h"

namespace alexnet {

/// The fast engine: NHWC activations, planned once; see cpu/base/step.h.
const Engine& cpu_engine();

}  // namespace alexnet
