#include "data/exif.h"

#include <libexif/exif-data.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

namespace alexnet {
namespace {

struct Unref {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};

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

// EXIF 2.3, tag 0x0112: where row 0 and column 0 of the stored image belong. One walk through the
// stored pixels for all eight: from which one, and how far to the next.
Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool turned = orientation >= 5;  // rows become columns
  const bool from_below =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const std::ptrdiff_t channels = image.channels;
  const std::ptrdiff_t row = image.width * channels;
  const std::ptrdiff_t down = from_below ? -row : row;
  const std::ptrdiff_t right = from_right ? -channels : channels;
  const std::ptrdiff_t first =
      (from_below ? (image.height - 1) * row : 0) + (from_right ? row - channels : 0);
  Image result{.height = turned ? image.width : image.height,
               .width = turned ? image.height : image.width,
               .channels = image.channels,
               .pixels = std::vector<std::uint8_t>(image.pixels.size())};
  std::uint8_t* target = result.pixels.data();
  for (int y = 0; y < result.height; ++y) {
    const std::ptrdiff_t line = first + y * (turned ? right : down);
    for (int x = 0; x < result.width; ++x) {
      const auto* pixel = image.pixels.data() + line + x * (turned ? down : right);
      target = std::copy_n(pixel, channels, target);
    }
  }
  return result;
}

}  // namespace alexnet
