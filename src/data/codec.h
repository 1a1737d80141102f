#pragma once

#include <alexnet/image.h>

#include <cstdint>
#include <string_view>

#include "data/bytes.h"

namespace alexnet {

bool is_jpeg(ByteView file);
bool is_png(ByteView file);

/// The image as stored, grey or RGB (CMYK converted as Pillow does), and its EXIF orientation.
struct StoredImage {
  Image image;
  int orientation = 1;
};

/// Throws ImageError, naming `source`, when the file is damaged, cut short or absurdly large.
StoredImage decode_jpeg(ByteView file, std::string_view source, std::int64_t max_pixels);
/// Alpha is dropped, 16-bit channels keep their upper 8 bits. Throws likewise.
StoredImage decode_png(ByteView file, std::string_view source, std::int64_t max_pixels);

/// Throws ImageError when the file is neither.
void check_is_image(ByteView file, std::string_view source);
/// Throws ImageError when an image of this size has more than `max_pixels`.
void check_image_size(std::int64_t width, std::int64_t height, std::int64_t max_pixels,
                      std::string_view source);

[[noreturn]] void throw_damaged(std::string_view source, std::string_view reason);

}  // namespace alexnet
