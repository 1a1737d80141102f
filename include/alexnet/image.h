#pragma once

#include <alexnet/error.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// Pixels 0 … 255 in rows of interleaved channels, (H, W, C). Channels: 1 (grey) or 3 (RGB).
struct Image {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;

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

/// Decodes a JPEG or PNG, told apart by content, upright by its EXIF orientation, to 1 or 3
/// channels. `source` names the image in the messages. Throws ImageError, for more than
/// `max_pixels` before memory is taken for them.
Image decode_image(std::span<const std::uint8_t> file, int channels, std::string_view source,
                   std::int64_t max_pixels = kMaxPixels);

/// Reads and decodes a file. Throws ImageError, or another Error when it cannot be read.
Image read_image(const std::filesystem::path& path, int channels);

}  // namespace alexnet
