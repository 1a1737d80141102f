#pragma once

#include "engine/cpu/base/implementation.h"

namespace alexnet::cpu::linear {

/// A fully-connected layer of bf16 or of bytes by tiles; of bf16 also for training.
Attempt make_tiles(const Linear& linear, const Problem& problem);
/// The same for vectors instead of AMX, whose rate is a fraction of that: for plans of several
/// images, others have nothing to gain.
Attempt make_tiles_in_vectors(const Linear& linear, const Problem& problem);

}  // namespace alexnet::cpu::linear
