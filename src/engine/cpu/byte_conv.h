#pragma once

#include "engine/cpu/step.h"

namespace alexnet::cpu {

/// A convolution layer of bytes, for inference with int8 weights on processors that multiply bytes.
Attempt make_byte_conv(const Conv& conv, const Problem& problem);

}  // namespace alexnet::cpu
