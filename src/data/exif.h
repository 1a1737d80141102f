#pragma once

#include <alexnet/image.h>

#include "data/bytes.h"

namespace alexnet {

/// The orientation, 1 … 8, in EXIF data that begin with "Exif\0\0" or in a JPEG file; 1 when there
/// is none or it is damaged.
int exif_orientation(ByteView data);

/// Turns an image as stored into the image as seen.
Image upright(Image image, int orientation);

}  // namespace alexnet
