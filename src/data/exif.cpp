#include "data/exif.h"

#include <alexnet/transforms.h>
#include <libexif/exif-data.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace alexnet {
namespace {

struct Unref {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};

Image transpose(const Image& image) {
  Image result{
      .height = image.width, .width = image.height, .channels = image.channels, .pixels = {}};
  result.pixels.reserve(image.pixels.size());
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      for (int c = 0; c < result.channels; ++c) result.pixels.push_back(image.at(x, y, c));
    }
  }
  return result;
}

Image flip_vertically(const Image& image) {
  Image result = image;
  const std::size_t row =
      static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y) {
    const auto source = image.pixels.end() - static_cast<std::ptrdiff_t>((y + 1) * row);
    std::copy_n(source, row, result.pixels.begin() + static_cast<std::ptrdiff_t>(y * row));
  }
  return result;
}

}  // namespace

bool is_exif(ByteView data) {
  return data.size() >= kExifHeader.size() &&
         std::ranges::equal(data.first(kExifHeader.size()), kExifHeader);
}

int exif_orientation(ByteView data) {
  constexpr int kUpright = 1;
  if (data.size() > std::numeric_limits<unsigned>::max()) return kUpright;
  const std::unique_ptr<ExifData, Unref> exif(
      exif_data_new_from_data(data.data(), static_cast<unsigned>(data.size())));
  if (!exif) return kUpright;
  const ExifEntry* entry = exif_content_get_entry(exif->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return kUpright;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(exif.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : kUpright;
}

// EXIF 2.3, tag 0x0112: where row 0 and column 0 of the stored image belong.
Image upright(Image image, int orientation) {
  switch (orientation) {
    case 2:
      return flip_horizontally(image);
    case 3:
      return flip_horizontally(flip_vertically(image));
    case 4:
      return flip_vertically(image);
    case 5:
      return transpose(image);
    case 6:
      return flip_horizontally(transpose(image));
    case 7:
      return flip_horizontally(flip_vertically(transpose(image)));
    case 8:
      return flip_vertically(transpose(image));
    default:
      return image;
  }
}

}  // namespace alexnet
