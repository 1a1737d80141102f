#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/files/bytes.h"

namespace alexnet {

/// What a PNG's chunks say of its orientation.
class PngMetadata {
 public:
  /// Takes a chunk in. Other ones, damaged texts and those of more than 1 MiB are passed over.
  void read(std::string_view type, ByteView chunk);

  /// 1 … 8, as Pillow finds it: EXIF's own chunk comes before a text with EXIF, and that before
  /// XMP.
  int orientation() const;

 private:
  void read_text(std::string_view type, ByteView chunk);

  std::vector<std::uint8_t> exif_;
  std::vector<std::uint8_t> profile_;  // of "Raw profile type exif", which ImageMagick writes
  std::string xmp_;
};

}  // namespace alexnet
