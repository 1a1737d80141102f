#include "data/image/png_writer.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <png.h>

#include "core/file.h"

namespace alexnet {

std::string encode_png(const Image& image) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  const auto encode = [&](void* memory) {
    if (png_image_write_to_memory(&png, memory, &size, 0, image.pixels.data(), 0, nullptr) == 0) {
      throw Error(fmt::format("cannot make a PNG: {}", png.message));
    }
  };
  encode(nullptr);  // asks for the size
  std::string bytes(size, '\0');
  encode(bytes.data());
  bytes.resize(size);
  return bytes;
}

void save_png(const std::filesystem::path& path, const Image& image) {
  write_text_file(path, encode_png(image));
}

}  // namespace alexnet
