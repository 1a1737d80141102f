#include "serve/decode_images.h"

#include <fmt/format.h>

#include "data/codec.h"
#include "serve/problem.h"
#include "serve/request_json.h"

namespace alexnet::serve {
namespace {

// Each scan of a progressive JPEG goes over all of its pixels, so a small file of many takes long.
// Within a scan FF is followed by 0 or a restart marker, so that FF DA begins one.
void check_scans(std::span<const std::uint8_t> file, std::string_view name) {
  constexpr std::ptrdiff_t kMost = 100;  // encoders make about 10
  constexpr std::uint8_t kMarker = 0xFF;
  constexpr std::uint8_t kStartOfScan = 0xDA;
  std::ptrdiff_t scans = 0;
  for (std::size_t i = 1; i < file.size(); ++i) {
    if (file[i] == kStartOfScan && file[i - 1] == kMarker) ++scans;
  }
  if (scans > kMost) {
    throw Problem(422,
                  fmt::format("{} has {} scans; the limit is {}", to_shown(name), scans, kMost));
  }
}

Image decode(const EncodedImage& image, int channels, std::int64_t max_pixels) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(image.content.data()),
                        image.content.size());
  if (!is_jpeg(bytes) && !is_png(bytes)) {
    throw Problem(415, fmt::format("{} is neither a JPEG nor a PNG image", to_shown(image.name)));
  }
  if (is_jpeg(bytes)) check_scans(bytes, image.name);
  return decode_image(bytes, channels, to_shown(image.name), max_pixels);
}

}  // namespace

std::vector<std::uint8_t> decode_images(std::span<const EncodedImage> images,
                                        const Preprocess& preprocess, std::int64_t max_pixels,
                                        const Patience& patience) {
  std::vector<std::uint8_t> pixels;
  for (const EncodedImage& encoded : images) {
    check_patience(patience);
    const Image image = decode(encoded, preprocess.channels, max_pixels);
    const Image input = alexnet::preprocess(image, preprocess);
    pixels.insert(pixels.end(), input.pixels.begin(), input.pixels.end());
  }
  return pixels;
}

}  // namespace alexnet::serve
