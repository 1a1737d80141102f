#pragma once

#include <alexnet/tensor.h>

namespace alexnet {

/// Adds a map (h, w), enlarged to the size of `to` as torch.nn.Upsample does it, bilinear with
/// align_corners off.
void add_upsampled(const TensorView& map, Tensor& to);

}  // namespace alexnet
