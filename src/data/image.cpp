#include <alexnet/error.h>
#include <alexnet/image.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "data/channels.h"
#include "data/codec.h"
#include "data/exif.h"

namespace alexnet {
namespace {

constexpr std::array<std::uint8_t, 3> kJpegMagic{0xFF, 0xD8, 0xFF};
constexpr std::array<std::uint8_t, 8> kPngMagic{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

bool starts_with(ByteView file, ByteView magic) {
  return file.size() >= magic.size() && std::ranges::equal(file.first(magic.size()), magic);
}

}  // namespace

bool is_jpeg(ByteView file) {
  return starts_with(file, kJpegMagic);
}
bool is_png(ByteView file) {
  return starts_with(file, kPngMagic);
}

ImageError::ImageError(std::string_view source, std::string problem, std::string_view advice)
    : Error(fmt::format("{} {}; {}", source, problem, advice)), problem_(std::move(problem)) {}

void check_is_image(ByteView file, std::string_view source) {
  if (is_jpeg(file) || is_png(file)) return;
  throw ImageError(source, file.empty() ? "is an empty file" : "is neither a JPEG nor a PNG image",
                   "replace or remove it");
}

void check_image_size(std::int64_t width, std::int64_t height, std::int64_t max_pixels,
                      std::string_view source) {
  if (width * height > max_pixels) {
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

Image decode_image(ByteView file, int channels, std::string_view source, std::int64_t max_pixels) {
  check_is_image(file, source);
  StoredImage stored =
      is_jpeg(file) ? decode_jpeg(file, source, max_pixels) : decode_png(file, source, max_pixels);
  Image image = upright(std::move(stored.image), stored.orientation);
  if (image.channels != channels) return convert_channels(image, channels);
  return image;
}

Image read_image(const std::filesystem::path& path, int channels) {
  const MappedFile file(path);
  return decode_image(view(file), channels, path.string());
}

}  // namespace alexnet
