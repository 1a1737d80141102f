#pragma once

#include <alexnet/error.h>
#include <alexnet/size.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// Pixels 0 … 255 in rows of interleaved channels, (H, W, C). Channels: 1 (grey) or 3 (RGB).
struct Image {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;
  /// Of a decoded one: the file has transparent pixels, where people see the background and a
  /// network the colours that are stored there.
  bool transparent = false;

  Size size() const { return {height, width}; }

  std::uint8_t at(int y, int x, int c) const {
    return pixels[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                   static_cast<std::size_t>(x)) *
                      static_cast<std::size_t>(channels) +
                  static_cast<std::size_t>(c)];
  }
};

/// The image itself is at fault: damaged, cut short, of no known kind or absurdly large.
class ImageError : public Error {
 public:
  /// "SOURCE PROBLEM; ADVICE"
  ImageError(std::string_view source, std::string problem, std::string_view advice);
  /// "cannot be decoded: Premature end of JPEG file"
  const std::string& problem() const { return problem_; }

 private:
  std::string problem_;
};

/// Where Pillow refuses an image as a decompression bomb.
inline constexpr std::int64_t kMaxPixels = 178'956'970;

struct DecodeOptions {
  int channels = 3;                      ///< of the result: 1 (grey) or 3 (RGB)
  std::string source = "the image";      ///< what the messages call it
  std::int64_t max_pixels = kMaxPixels;  ///< of the file; more are refused
};

/// Decodes a JPEG, PNG, WebP, TIFF, GIF or BMP, told apart by content, upright by its orientation
/// (EXIF's or XMP's); of several frames or pages the first; alpha is dropped as Pillow's
/// convert("RGB") does. Throws ImageError, for too many pixels
/// before memory is taken for them.
Image decode_image(std::span<const std::uint8_t> file, const DecodeOptions& options = {});

/// Reads and decodes a file to 1 or 3 channels. Throws ImageError, or another Error when it cannot
/// be read.
Image read_image(const std::filesystem::path& path, int channels);

}  // namespace alexnet
#pragma GCC visibility pop
