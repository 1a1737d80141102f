#pragma once

#include "engine/common/engine.h"

namespace alexnet {

/// Plain loops in double precision, one layer after the other: see reference/layers.h.
const Engine& reference_engine();

}  // namespace alexnet
