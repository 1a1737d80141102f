#pragma once

#include <alexnet/image.h>

#include <array>
#include <cstdint>

#include "data/bytes.h"

namespace alexnet {

/// What EXIF data begin with in a JPEG file.
inline constexpr std::array<std::uint8_t, 6> kExifHeader{'E', 'x', 'i', 'f', 0, 0};

/// Whether data are EXIF's; an APP1 marker may hold XMP as well.
bool is_exif(ByteView data);

/// The orientation, 1 … 8, in EXIF data that begin with kExifHeader; 1 when there is none or it is
/// damaged.
int exif_orientation(ByteView data);

/// Turns an image as stored into the image as seen.
Image upright(Image image, int orientation);

}  // namespace alexnet
