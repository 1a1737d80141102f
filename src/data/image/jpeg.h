#pragma once

#include <alexnet/transforms.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "data/files/bytes.h"

namespace alexnet {

/// Decodes JPEG files, one after another, row by row and only the rows and columns that are wanted.
/// These are the same bytes that decoding the whole file gives. Every member throws ImageError,
/// naming the source, when the file is damaged.
class JpegReader {
 public:
  JpegReader();
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  /// Reads the header. `file` and `source` must outlive the reading. Also throws ImageError when
  /// the image is absurdly large.
  void open(ByteView file, std::string_view source, std::int64_t max_pixels = kMaxPixels);
  /// As stored, before the orientation is applied.
  int height() const;
  int width() const;
  /// 1 (grey) or 3 (RGB, CMYK converted as Pillow does).
  int channels() const;
  /// EXIF's or XMP's, 1 … 8; 1 is upright.
  int orientation() const;

  /// Begins with the rows and columns of `part`, which is not empty, of the image scaled down to
  /// 1 / reduction (1, 2, 4 or 8; sides are rounded up).
  void begin(const Rectangle& part, int reduction = 1);
  /// The next row of the part; some bytes behind its end may be read (simd::kRowSlack). Valid until
  /// the next call.
  const std::uint8_t* row();
  /// The next row of the whole image, (width, channels).
  void row(std::uint8_t* target);
  /// After the last row of the part: what remains of the file is not decoded, but must have an end.
  void finish();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace alexnet
