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

void check_image_size(std::int64_t width, std::int64_t height, std::int64_t max_pixels,
                      std::string_view source) {
  if (width * height > max_pixels) {
    throw Error(fmt::format("{} has {} x {} pixels; the limit is {} in all", source, width, height,
                            max_pixels));
  }
}

void throw_damaged(std::string_view source, std::string_view reason) {
  throw Error(fmt::format("{} cannot be decoded: {}; replace or remove the image", source, reason));
}

Image decode_image(ByteView file, int channels, std::string_view source, std::int64_t max_pixels) {
  if (!is_jpeg(file) && !is_png(file)) {
    throw Error(fmt::format("{} is neither a JPEG nor a PNG image", source));
  }
  StoredImage stored =
      is_jpeg(file) ? decode_jpeg(file, source, max_pixels) : decode_png(file, source, max_pixels);
  Image image = upright(std::move(stored.image), stored.orientation);
  return image.channels == channels ? image : convert_channels(image, channels);
}

Image read_image(const std::filesystem::path& path, int channels) {
  const MappedFile file(path);
  return decode_image(view(file), channels, path.string());
}

}  // namespace alexnet
