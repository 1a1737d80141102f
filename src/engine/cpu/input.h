#pragma once

#include <alexnet/engine.h>

#include "engine/batch.h"

namespace alexnet::cpu {

/// Writes the images as the first layer reads them, (rows, h, w, c) floats: bytes normalised,
/// floats permuted; rows past the images are zero.
void load_input(const Images& images, const PixelScaling& scaling, int rows, float* x);

}  // namespace alexnet::cpu
