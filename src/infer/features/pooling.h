#pragma once

#include <alexnet/features.h>
#include <alexnet/tensor.h>

namespace alexnet {

/// What pooling makes of the shape of one image's activations.
Shape pooled_shape(const Shape& activations, Pooling pooling, int grid);

/// Of a batch (n, c, h, w): (n, c) or (n, c, grid, grid); vectors (n, features) as they are.
Tensor pooled(Tensor activations, Pooling pooling, int grid);

}  // namespace alexnet
