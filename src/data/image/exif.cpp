#include "data/image/exif.h"

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

constexpr int kUpright = 1;

int valid(int orientation) {
  return orientation >= 1 && orientation <= 8 ? orientation : kUpright;
}

// An attribute or an element, of one digit. No XML parser: Pillow looks for these letters too.
int xmp_orientation(std::string_view packet) {
  constexpr std::string_view kName = "tiff:Orientation";
  for (auto at = packet.find(kName); at != packet.npos; at = packet.find(kName, at)) {
    at += kName.size();
    std::string_view value = packet.substr(at);
    if (value.starts_with("=\"")) {
      value.remove_prefix(2);
    } else if (value.starts_with('>')) {
      value.remove_prefix(1);
    } else {
      continue;
    }
    if (!value.empty() && value[0] >= '0' && value[0] <= '9') return valid(value[0] - '0');
  }
  return kUpright;
}

}  // namespace

bool is_exif(ByteView data) {
  return data.size() >= kExifHeader.size() &&
         std::ranges::equal(data.first(kExifHeader.size()), kExifHeader);
}

std::optional<int> exif_orientation(ByteView data) {
  constexpr std::size_t kMost = std::numeric_limits<unsigned>::max() - kExifHeader.size();
  if (data.empty() || data.size() > kMost) return std::nullopt;
  std::vector<std::uint8_t> with_header;
  if (!is_exif(data)) {
    with_header.assign(kExifHeader.begin(), kExifHeader.end());
    with_header.insert(with_header.end(), data.begin(), data.end());
    data = with_header;
  }
  const std::unique_ptr<ExifData, Unref> exif(
      exif_data_new_from_data(data.data(), static_cast<unsigned>(data.size())));
  if (!exif) return std::nullopt;
  const ExifEntry* entry = exif_content_get_entry(exif->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) {
    return std::nullopt;
  }
  return valid(exif_get_short(entry->data, exif_data_get_byte_order(exif.get())));
}

int find_orientation(ByteView exif, std::string_view xmp) {
  if (const std::optional<int> orientation = exif_orientation(exif)) return *orientation;
  return xmp_orientation(xmp);
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
