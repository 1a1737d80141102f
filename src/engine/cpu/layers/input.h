#pragma once

#include <memory>

#include "engine/common/pixel_scaling.h"
#include "engine/cpu/base/step.h"

namespace alexnet::cpu {

/// Writes the caller's images, normalised, in the layout that the first layer asks for; zeros for
/// rows of the batch past the caller's images. It has no x: it reads Pass::images.
std::unique_ptr<Step> make_input(const PixelScaling& scaling, const Shape& image,
                                 const InputLayout& layout);

}  // namespace alexnet::cpu
