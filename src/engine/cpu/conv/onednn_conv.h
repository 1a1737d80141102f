#pragma once

#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu {

/// Any convolution layer by oneDNN, in float32, forward and backward.
Attempt make_onednn_conv(const Conv& conv, const Problem& problem);

}  // namespace alexnet::cpu
