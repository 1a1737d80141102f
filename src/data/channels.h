#pragma once

#include <alexnet/image.h>

namespace alexnet {

/// The image with 1 or 3 channels: grey repeated, or colour weighted as Pillow's convert("L") does
/// (ITU-R 601). Throws Error on another number.
Image convert_channels(const Image& image, int channels);

}  // namespace alexnet
