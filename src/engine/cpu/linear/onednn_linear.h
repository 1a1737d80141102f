#pragma once

#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu {

/// A fully-connected layer by oneDNN, forward and backward. In fp32 only.
Attempt make_onednn_linear(const Linear& linear, const Problem& problem);

}  // namespace alexnet::cpu
