#pragma once

#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu::winograd {

/// A convolution layer in Winograd form, forward and backward; declines what has none.
Attempt make_layer(const Conv& conv, const Problem& problem);

}  // namespace alexnet::cpu::winograd
