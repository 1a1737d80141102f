#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/image/codec.h"
#include "data/image/exif.h"
#include "data/image/tiff_samples.h"

namespace alexnet {
namespace {

// Others may take memory beyond measure, or are no pictures'.
constexpr std::array kCompressions{
    COMPRESSION_NONE,          COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3,
    COMPRESSION_CCITTFAX4,     COMPRESSION_LZW,      COMPRESSION_JPEG,
    COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,  COMPRESSION_PACKBITS};

// A file in memory for libtiff, and what libtiff says of it instead of writing it to stderr.
class TiffStream {
 public:
  explicit TiffStream(ByteView file) : file_(file) {}
  TiffStream(const TiffStream&) = delete;
  TiffStream& operator=(const TiffStream&) = delete;

  /// Null when it has no directory, or one of a page, strip or tile without pixels.
  TIFF* open(std::int64_t max_pixels) {
    struct Free {
      void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
    };
    constexpr std::int64_t kTables = std::int64_t{1} << 26U;
    constexpr std::int64_t kBytesOfPixel = 16;
    const std::unique_ptr<TIFFOpenOptions, Free> options(TIFFOpenOptionsAlloc());
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kTables + kBytesOfPixel * max_pixels);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_warning, this);
    const char* const without_mapping = "rm";
    return TIFFClientOpenExt("TIFF", without_mapping, this, read, write, seek, close, size, nullptr,
                             nullptr, options.get());
  }

  /// The last error, or warning of missing pixels, since forget().
  const char* message() const { return message_.data(); }
  void forget() { message_[0] = '\0'; }
  /// Whether libtiff wanted more than there is; it passes over fields that it cannot read.
  bool met_end() const { return met_end_; }

 private:
  static constexpr int kHandled = 1;  // not to be written to stderr

  static TiffStream& self(thandle_t handle) { return *static_cast<TiffStream*>(handle); }

  // LZW warns of an old order of bits, PackBits of bytes behind the last pixel, and both call it an
  // error where pixels are missing; JPEG and CCITT only warn of that.
  static int on_warning(TIFF* tiff, void* user, const char* module, const char* format,
                        va_list arguments) {
    const std::string_view decoder = module != nullptr ? module : "";
    if (decoder.starts_with("LZW") || decoder.starts_with("PackBits")) return kHandled;
    return on_error(tiff, user, module, format, arguments);
  }

  static int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    auto& message = self(user).message_;
    std::vsnprintf(message.data(), message.size(), format, arguments);
    return kHandled;
  }

  static tmsize_t read(thandle_t handle, void* target, tmsize_t size) {
    TiffStream& stream = self(handle);
    const std::size_t left = stream.file_.size() - std::min(stream.position_, stream.file_.size());
    const std::size_t count = std::min(left, static_cast<std::size_t>(size));
    if (count > 0) std::memcpy(target, stream.file_.data() + stream.position_, count);
    stream.position_ += count;
    stream.met_end_ = stream.met_end_ || count < static_cast<std::size_t>(size);
    return static_cast<tmsize_t>(count);
  }
  static tmsize_t write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    TiffStream& stream = self(handle);
    if (whence == SEEK_CUR) offset += stream.position_;
    if (whence == SEEK_END) offset += stream.file_.size();
    stream.position_ = offset;
    return offset;
  }
  static int close(thandle_t) { return 0; }
  static toff_t size(thandle_t handle) { return self(handle).file_.size(); }

  ByteView file_;
  std::size_t position_ = 0;
  bool met_end_ = false;
  std::array<char, 256> message_{};
};

struct Close {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};

// The first page of a file.
class TiffReader {
 public:
  TiffReader(ByteView file, std::string_view source, std::int64_t max_pixels)
      : source_(source), max_pixels_(max_pixels), stream_(file), tiff_(stream_.open(max_pixels)) {
    if (!tiff_) throw_damaged(source_, stream_.message());
    const auto width = field<std::uint32_t>(TIFFTAG_IMAGEWIDTH);
    const auto height = field<std::uint32_t>(TIFFTAG_IMAGELENGTH);
    check_image_size(width, height, max_pixels_, source_);
    width_ = static_cast<int>(width);
    height_ = static_cast<int>(height);
    read_kind();
    if (is_tiled()) check_tiles();
  }

  /// libtiff goes on after many an error.
  Image decode() {
    stream_.forget();
    Image image = samples_.photometric == PHOTOMETRIC_YCBCR ? decode_ycbcr() : decode_blocks();
    if (*stream_.message() != '\0') throw_damaged(source_, stream_.message());
    return image;
  }

  int orientation() const {
    std::uint16_t orientation = 0;
    if (TIFFGetField(tiff_.get(), TIFFTAG_ORIENTATION, &orientation) != 0) return orientation;
    std::uint32_t bytes = 0;
    const char* xmp = nullptr;
    if (TIFFGetField(tiff_.get(), TIFFTAG_XMLPACKET, &bytes, &xmp) == 0) {
      if (stream_.met_end()) throw_damaged(source_, "the TIFF file is cut short");
      return 1;
    }
    return find_orientation({}, {xmp, bytes});
  }

 private:
  // Memory is taken for a whole tile, however little of it the image fills.
  void check_tiles() const {
    constexpr std::int64_t kUsual = std::int64_t{2048} * 2048;
    const auto width = field<std::uint32_t>(TIFFTAG_TILEWIDTH);
    const auto height = field<std::uint32_t>(TIFFTAG_TILELENGTH);
    check_image_size(width, height, max_pixels_, source_);
    const std::int64_t most = kUsual + 4 * std::int64_t{width_} * height_;
    if (std::int64_t{width} * height > most) {
      throw_damaged(
          source_,
          fmt::format("its tiles of {} x {} pixels are far larger than the image", width, height));
    }
  }

  void read_kind() {
    const auto compression = field<std::uint16_t>(TIFFTAG_COMPRESSION);
    if (std::ranges::find(kCompressions, compression) == kCompressions.end()) {
      const TIFFCodec* codec = TIFFFindCODEC(compression);
      throw_damaged(source_, fmt::format("its compression ({}) is not supported",
                                         codec != nullptr ? codec->name : "unknown"));
    }
    separate_ = field<std::uint16_t>(TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
    samples_ = {.photometric = field<std::uint16_t>(TIFFTAG_PHOTOMETRIC),
                .format = field<std::uint16_t>(TIFFTAG_SAMPLEFORMAT),
                .bits = field<std::uint16_t>(TIFFTAG_BITSPERSAMPLE),
                .count = field<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL)};
    if (samples_.photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG &&
        !separate_) {
      TIFFSetField(tiff_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      samples_.photometric = PHOTOMETRIC_RGB;  // as it is read then
    }
    if (const std::string problem = unsupported(samples_); !problem.empty()) {
      throw_damaged(source_, problem);
    }
    std::uint16_t extra = 0;
    const std::uint16_t* kinds = nullptr;
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_EXTRASAMPLES, &extra, &kinds);
    const bool has_more = extra > 0 && samples_.count > static_cast<std::size_t>(extra) &&
                          samples_.photometric != PHOTOMETRIC_YCBCR;
    samples_.has_alpha =
        has_more && (kinds[0] == EXTRASAMPLE_ASSOCALPHA || kinds[0] == EXTRASAMPLE_UNASSALPHA);
    samples_.premultiplied = samples_.photometric == PHOTOMETRIC_RGB && samples_.count > 3 &&
                             extra > 0 && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    if (samples_.photometric == PHOTOMETRIC_PALETTE) read_palette();
  }

  // libtiff calls no page indexed that has none.
  void read_palette() {
    std::array<const std::uint16_t*, 3> map{};
    TIFFGetField(tiff_.get(), TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]);
    for (std::size_t i = 0; i < std::size_t{1} << samples_.bits; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        samples_.palette.at(i).at(c) = static_cast<std::uint8_t>(map.at(c)[i] >> 8U);
      }
    }
  }

  // Uncompressed samples of neighbours share their chroma.
  Image decode_ycbcr() {
    Image image = blank_image(height_, width_, 3);
    std::vector<std::uint32_t> raster(image.pixels.size() / 3);
    constexpr int kStopAtErrors = 1;
    const int as_stored = field<std::uint16_t>(TIFFTAG_ORIENTATION);
    const bool read = TIFFReadRGBAImageOriented(tiff_.get(), static_cast<std::uint32_t>(width_),
                                                static_cast<std::uint32_t>(height_), raster.data(),
                                                as_stored, kStopAtErrors) != 0;
    if (!read) throw_damaged(source_, stream_.message());
    std::uint8_t* target = image.pixels.data();
    for (const std::uint32_t pixel : raster) {
      *target++ = static_cast<std::uint8_t>(TIFFGetR(pixel));
      *target++ = static_cast<std::uint8_t>(TIFFGetG(pixel));
      *target++ = static_cast<std::uint8_t>(TIFFGetB(pixel));
    }
    return image;
  }

  // A strip or a tile.
  struct Block {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::size_t row_bytes = 0;
    std::size_t planes = 1;
    std::vector<std::uint8_t> bytes;  // plane by plane

    std::size_t plane_bytes() const { return row_bytes * height; }
  };

  Block make_block() const {
    Block block;
    if (is_tiled()) {
      block.width = field<std::uint32_t>(TIFFTAG_TILEWIDTH);
      block.height = field<std::uint32_t>(TIFFTAG_TILELENGTH);
    } else {
      block.width = static_cast<std::uint32_t>(width_);
      block.height =
          std::min(field<std::uint32_t>(TIFFTAG_ROWSPERSTRIP), static_cast<std::uint32_t>(height_));
    }
    check_image_size(block.width, block.height, max_pixels_, source_);
    block.planes = separate_ ? samples_.count : 1;
    block.row_bytes = (block.width * samples_.bits * (samples_.count / block.planes) + 7) / 8;
    block.bytes.resize(block.plane_bytes() * block.planes);
    return block;
  }

  void read_block(std::uint32_t left, std::uint32_t top, Block& block) {
    const std::uint32_t rows = std::min(block.height, static_cast<std::uint32_t>(height_) - top);
    for (std::size_t plane = 0; plane < block.planes; ++plane) {
      std::uint8_t* target = block.bytes.data() + plane * block.plane_bytes();
      const auto most = static_cast<tmsize_t>(block.plane_bytes());
      const auto sample = static_cast<std::uint16_t>(plane);
      const tmsize_t count =
          is_tiled()
              ? TIFFReadEncodedTile(tiff_.get(), TIFFComputeTile(tiff_.get(), left, top, 0, sample),
                                    target, most)
              : TIFFReadEncodedStrip(tiff_.get(), TIFFComputeStrip(tiff_.get(), top, sample),
                                     target, most);
      if (count < static_cast<tmsize_t>(block.row_bytes * rows)) {
        throw_damaged(
            source_, *stream_.message() != '\0' ? stream_.message() : "the TIFF file is cut short");
      }
    }
  }

  void copy_block(const Block& block, std::uint32_t left, std::uint32_t top, Image& image) {
    const std::size_t columns = std::min(block.width, static_cast<std::uint32_t>(width_) - left);
    const std::uint32_t rows = std::min(block.height, static_cast<std::uint32_t>(height_) - top);
    const std::size_t samples = samples_.count / block.planes;  // of a plane's pixel
    unpacked_.resize(columns * samples_.count);
    for (std::uint32_t y = 0; y < rows; ++y) {
      for (std::size_t plane = 0; plane < block.planes; ++plane) {
        unpack_samples(samples_,
                       block.bytes.data() + plane * block.plane_bytes() + y * block.row_bytes,
                       columns * samples, unpacked_.data() + plane, block.planes);
      }
      image.transparent = image.transparent || has_transparent(samples_, unpacked_.data(), columns);
      const std::size_t pixel = std::size_t{top + y} * static_cast<std::size_t>(width_) + left;
      samples_to_colour(samples_, unpacked_.data(), columns,
                        &image.pixels[pixel * static_cast<std::size_t>(image.channels)]);
    }
  }

  Image decode_blocks() {
    Block block = make_block();
    Image image = blank_image(height_, width_, samples_.channels());
    for (std::uint32_t top = 0; top < static_cast<std::uint32_t>(height_); top += block.height) {
      for (std::uint32_t left = 0; left < static_cast<std::uint32_t>(width_); left += block.width) {
        read_block(left, top, block);
        copy_block(block, left, top, image);
      }
    }
    return image;
  }

  bool is_tiled() const { return TIFFIsTiled(tiff_.get()) != 0; }

  template <typename T>
  T field(std::uint32_t tag) const {
    T value = 0;
    TIFFGetFieldDefaulted(tiff_.get(), tag, &value);
    return value;
  }

  std::string_view source_;
  std::int64_t max_pixels_;
  TiffStream stream_;
  std::unique_ptr<TIFF, Close> tiff_;
  int width_ = 0;
  int height_ = 0;
  bool separate_ = false;
  TiffSamples samples_;
  std::vector<std::uint8_t> unpacked_;
};

}  // namespace

StoredImage decode_tiff(ByteView file, std::string_view source, std::int64_t max_pixels) {
  TiffReader reader(file, source, max_pixels);
  Image image = reader.decode();
  return {std::move(image), reader.orientation()};
}

}  // namespace alexnet
