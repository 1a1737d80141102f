#pragma once

#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu {

/// A convolution layer of bytes, for inference with int8 weights.
Attempt make_byte_conv(const Conv& conv, const Problem& problem);

}  // namespace alexnet::cpu
