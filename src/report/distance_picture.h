#pragma once

#include <alexnet/image.h>
#include <alexnet/tensor.h>

namespace alexnet {

/// Where pictures differ, (h, w), in colours over the picture, and below it what the colours mean,
/// from 0 to the largest value.
Image distance_picture(const Image& picture, const Tensor& map);

}  // namespace alexnet
