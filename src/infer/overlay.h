#pragma once

#include <alexnet/image.h>
#include <alexnet/tensor.h>

namespace alexnet {

/// The public overlay() of heat (h, w) that lies in somebody else's memory.
Image overlay(const Image& picture, const TensorView& heat);

}  // namespace alexnet
