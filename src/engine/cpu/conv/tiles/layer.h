#pragma once

#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu {

/// A direct convolution of bf16 or of bytes by tiles; of bf16 also for training.
Attempt make_tile_conv(const Conv& conv, const Problem& problem);

}  // namespace alexnet::cpu
