#pragma once

#include "engine/cpu/base/implementation.h"

/// Fully-connected layers by the kernels of this folder. fp32 weights are read where they lie,
/// (out, in), never copied or packed.
namespace alexnet::cpu::linear {

/// Forward by dot products of weight rows with images; gradients by register-blocked products.
/// Products with zeros are skipped in training.
Attempt make_dot_products(const Linear& linear, const Problem& problem);

/// Inference of a single image from columns of narrow weights (see columns.h).
Attempt make_columns(const Linear& linear, const Problem& problem);

}  // namespace alexnet::cpu::linear
