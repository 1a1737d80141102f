#include "python/pictures.h"

#include <span>

namespace alexnet::python {

Image read_picture(const Picture& picture, int channels) {
  if (const auto* pixels = std::get_if<ArrayIn>(&picture)) return read_pixels(*pixels);
  if (const auto* file = std::get_if<nb::bytes>(&picture)) {
    const std::span bytes(static_cast<const std::uint8_t*>(file->data()), file->size());
    const nb::gil_scoped_release released;
    return decode_image(bytes, {.channels = channels});
  }
  const auto& path = std::get<std::filesystem::path>(picture);
  const nb::gil_scoped_release released;
  return read_image(path, channels);
}

}  // namespace alexnet::python
