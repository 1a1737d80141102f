#pragma once

#include <alexnet/image.h>
#include <alexnet/tensor.h>

namespace alexnet {

/// The public overlay() of heat (h, w) that lies in somebody else's memory.
Image overlay(const Image& picture, const TensorView& heat);

/// The same over an RGB picture in grey, beside whose colours those of heat could not be told.
Image overlay_on_grey(const Image& picture, const TensorView& heat);

}  // namespace alexnet
