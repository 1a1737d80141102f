#pragma once

#include <alexnet/engine.h>

#include <span>

#include "engine/reference/layers.h"

namespace alexnet::reference {

/// (pairs, 1, h, w): of what a layer made of images 2i and 2i + 1, at every position Σ over the
/// channels of weight · (f / |f| − g / |g|)².
Map unit_difference(const Map& x, std::span<const float> weights, Epsilon epsilon);

/// Adds to dx the gradient of the mean over the positions, by the second image of each pair.
void add_gradient(const Map& x, std::span<const float> weights, Epsilon epsilon, Map& dx);

}  // namespace alexnet::reference
