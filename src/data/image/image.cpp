#include <alexnet/error.h>
#include <alexnet/image.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/image/channels.h"
#include "data/image/codec.h"
#include "data/image/exif.h"
#include "data/image/formats.h"

namespace alexnet {

ImageError::ImageError(std::string_view source, std::string problem, std::string_view advice)
    : Error(fmt::format("{} {}; {}", source, problem, advice)), problem_(std::move(problem)) {}

Image blank_image(int height, int width, int channels) {
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  image.pixels.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                      static_cast<std::size_t>(channels));
  return image;
}

bool drop_alpha(std::vector<std::uint8_t>& pixels, std::size_t colours) {
  constexpr std::uint8_t kOpaque = 255;
  bool transparent = false;
  auto target = pixels.begin();
  const auto count = static_cast<std::ptrdiff_t>(colours);
  for (auto pixel = pixels.begin(); pixel != pixels.end(); pixel += count + 1) {
    transparent = transparent || pixel[count] != kOpaque;
    target = std::copy_n(pixel, count, target);
  }
  pixels.erase(target, pixels.end());
  return transparent;
}

void check_image_size(std::int64_t width, std::int64_t height, std::int64_t max_pixels,
                      std::string_view source) {
  if (height > 0 && width > max_pixels / height) {
    throw ImageError(source,
                     fmt::format("has {} x {} pixels, more than the limit of {} in all", width,
                                 height, max_pixels),
                     "scale it down or remove it");
  }
}

void throw_damaged(std::string_view source, std::string_view reason) {
  throw ImageError(source, fmt::format("cannot be decoded: {}", reason),
                   "replace or remove the image");
}

Image decode_image(ByteView file, const DecodeOptions& options) {
  const auto& [channels, source, max_pixels] = options;
  StoredImage stored = image_format(file, source).decode(file, source, max_pixels);
  const bool transparent = stored.image.transparent;
  Image image = upright(std::move(stored.image), stored.orientation);
  if (image.channels != channels) image = convert_channels(image, channels);
  image.transparent = transparent;
  return image;
}

Image read_image(const std::filesystem::path& path, int channels) {
  const MappedFile file(path);
  return decode_image(bytes_of(file), {.channels = channels, .source = path.string()});
}

}  // namespace alexnet
