#pragma once

#include <alexnet/image.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/files/bytes.h"

namespace alexnet {

/// The image as stored, grey or RGB, and its orientation (exif.h).
struct StoredImage {
  Image image;
  int orientation = 1;
};

/// Pixels of colours and alpha without it, in place. Whether any was not opaque.
bool drop_alpha(std::vector<std::uint8_t>& pixels, std::size_t colours);

bool is_jpeg(ByteView file);

// All of these throw ImageError, naming `source`, when the file is damaged, cut short or larger
// than `max_pixels`, which is checked before memory is taken. Alpha is dropped, 16-bit channels
// keep their upper 8 bits.

/// CMYK is converted as Pillow does.
StoredImage decode_jpeg(ByteView file, std::string_view source, std::int64_t max_pixels);
StoredImage decode_png(ByteView file, std::string_view source, std::int64_t max_pixels);
/// Of an animation, the first frame on a black canvas.
StoredImage decode_webp(ByteView file, std::string_view source, std::int64_t max_pixels);
/// The first page: grey, RGB or CMYK of 8 or 16 bits a channel; grey also of 1, 2 or 4, a palette
/// of 1, 2, 4 or 8, YCbCr of 8.
StoredImage decode_tiff(ByteView file, std::string_view source, std::int64_t max_pixels);
/// The first frame; what it does not cover of the screen has the transparent colour, or the first.
StoredImage decode_gif(ByteView file, std::string_view source, std::int64_t max_pixels);
/// Of 1, 4, 8, 16, 24 or 32 bits, not run-length encoded.
StoredImage decode_bmp(ByteView file, std::string_view source, std::int64_t max_pixels);

/// Black, or index 0.
Image blank_image(int height, int width, int channels);

/// Throws ImageError when an image of this size has more than `max_pixels`.
void check_image_size(std::int64_t width, std::int64_t height, std::int64_t max_pixels,
                      std::string_view source);

[[noreturn]] void throw_damaged(std::string_view source, std::string_view reason);

}  // namespace alexnet
