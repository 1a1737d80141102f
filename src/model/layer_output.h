#pragma once

#include <alexnet/architecture.h>

namespace alexnet {

/// What a layer makes of (c, h, w) or (features,). Throws Error where it cannot take that: "it
/// cannot take (2, 4, 4): …".
Shape layer_output(const Layer& layer, const Shape& input);

}  // namespace alexnet
