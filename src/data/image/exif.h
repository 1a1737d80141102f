#pragma once

#include <alexnet/image.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "data/files/bytes.h"

namespace alexnet {

/// What EXIF data begin with in a JPEG file.
inline constexpr std::array<std::uint8_t, 6> kExifHeader{'E', 'x', 'i', 'f', 0, 0};

/// Whether data are EXIF's; an APP1 marker may hold XMP as well.
bool is_exif(ByteView data);

/// The orientation that stands in EXIF data, with or without kExifHeader: 1 … 8, and 1 where it is
/// another number; none where they say nothing or are damaged.
std::optional<int> exif_orientation(ByteView data);

/// The orientation, 1 … 8, as Pillow finds it: EXIF's, else `tiff:Orientation` of an XMP packet,
/// else 1. Either may be empty.
int find_orientation(ByteView exif, std::string_view xmp);

/// Turns an image as stored into the image as seen.
Image upright(Image image, int orientation);

}  // namespace alexnet
