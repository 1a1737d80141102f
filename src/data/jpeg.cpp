#include <cstdio>  // jpeglib.h needs FILE

#include <jerror.h>
#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <utility>
#include <vector>

#include "data/codec.h"
#include "data/exif.h"

namespace alexnet {
namespace {

// libjpeg reports by calling error_exit, which must not return. The calls into it sit in methods
// that have no objects to destroy, so that longjmp back into them is sound; they return false on
// failure.
class JpegReader {
 public:
  JpegReader() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { self(info).fail(info); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0 && !harmless(info->err->msg_code)) self(info).fail(info);
    };
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header(ByteView file) {
    if (setjmp(jump_) != 0) return false;
    jpeg_create_decompress(&info_);
    jpeg_mem_src(&info_, file.data(), file.size());
    jpeg_save_markers(&info_, kExifMarker, 0xFFFF);
    jpeg_read_header(&info_, TRUE);
    info_.out_color_space = output_space(info_.jpeg_color_space);
    jpeg_calc_output_dimensions(&info_);
    return true;
  }

  bool read_pixels(std::uint8_t* pixels) {
    if (setjmp(jump_) != 0) return false;
    jpeg_start_decompress(&info_);
    const std::size_t row = std::size_t{info_.output_width} * components();
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW target = pixels + info_.output_scanline * row;
      jpeg_read_scanlines(&info_, &target, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  int width() const { return static_cast<int>(info_.output_width); }
  int height() const { return static_cast<int>(info_.output_height); }
  std::size_t components() const { return static_cast<std::size_t>(info_.output_components); }
  const char* message() const { return message_.data(); }

  // Between read_header and read_pixels.
  int orientation() const {
    for (auto marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      const ByteView data(marker->data, marker->data_length);
      if (is_exif(data)) return exif_orientation(data);
    }
    return 1;
  }

 private:
  static constexpr int kExifMarker = JPEG_APP0 + 1;

  static JpegReader& self(j_common_ptr info) {
    return *static_cast<JpegReader*>(info->client_data);
  }

  // libjpeg calls everything else that it can survive a warning too, missing pixels among them.
  static bool harmless(int code) {
    return code == JWRN_ADOBE_XFORM || code == JWRN_BOGUS_ICC || code == JWRN_EXTRANEOUS_DATA ||
           code == JWRN_JFIF_MAJOR;
  }

  static J_COLOR_SPACE output_space(J_COLOR_SPACE stored) {
    switch (stored) {
      case JCS_GRAYSCALE:
        return JCS_GRAYSCALE;
      case JCS_CMYK:
      case JCS_YCCK:
        return JCS_CMYK;
      default:
        return JCS_RGB;
    }
  }

  [[noreturn]] void fail(j_common_ptr info) {
    info->err->format_message(info, message_.data());
    std::longjmp(jump_, 1);
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf jump_{};
  std::array<char, JMSG_LENGTH_MAX> message_{};
};

// Inks are stored inverted (Adobe's way, which Pillow assumes too): 255 is none.
std::vector<std::uint8_t> cmyk_to_rgb(const std::vector<std::uint8_t>& cmyk) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(cmyk.size() / 4 * 3);
  for (std::size_t i = 0; i < cmyk.size(); i += 4) {
    const int white = cmyk[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      const int product = (255 - cmyk[i + c]) * white + 128;
      rgb.push_back(static_cast<std::uint8_t>(white - (((product >> 8) + product) >> 8)));
    }
  }
  return rgb;
}

}  // namespace

StoredImage decode_jpeg(ByteView file, std::string_view source, std::int64_t max_pixels) {
  JpegReader reader;
  if (!reader.read_header(file)) throw_damaged(source, reader.message());
  check_image_size(reader.width(), reader.height(), max_pixels, source);
  Image image{.height = reader.height(), .width = reader.width(), .channels = 3, .pixels = {}};
  image.pixels.resize(static_cast<std::size_t>(image.height) *
                      static_cast<std::size_t>(image.width) * reader.components());
  const int orientation = reader.orientation();
  if (!reader.read_pixels(image.pixels.data())) throw_damaged(source, reader.message());
  if (reader.components() == 1) image.channels = 1;
  if (reader.components() == 4) image.pixels = cmyk_to_rgb(image.pixels);
  return {std::move(image), orientation};
}

}  // namespace alexnet
