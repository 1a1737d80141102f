#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <utility>
#include <vector>

#include "data/codec.h"
#include "data/exif.h"

namespace alexnet {
namespace {

// libpng reports by calling its error function, which must not return. The calls into it sit in
// methods that have no objects to destroy, so that longjmp back into them is sound; they return
// false on failure.
class PngReader {
 public:
  explicit PngReader(ByteView file) : rest_(file) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool read_header() {
    if (png_ == nullptr || info_ == nullptr) return false;
    if (setjmp(jump_) != 0) return false;
    png_set_read_fn(png_, this, read);
    png_read_info(png_, info_);
    png_set_expand_gray_1_2_4_to_8(png_);
    png_set_palette_to_rgb(png_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  bool read_pixels(std::uint8_t* pixels) {
    if (setjmp(jump_) != 0) return false;
    const std::size_t row = png_get_rowbytes(png_, info_);
    const std::size_t rows = png_get_image_height(png_, info_);
    for (int pass = 0; pass < passes_; ++pass) {
      for (std::size_t y = 0; y < rows; ++y) png_read_row(png_, pixels + y * row, nullptr);
    }
    png_read_end(png_, info_);
    return true;
  }

  int width() const { return static_cast<int>(png_get_image_width(png_, info_)); }
  int height() const { return static_cast<int>(png_get_image_height(png_, info_)); }
  int channels() const { return png_get_channels(png_, info_); }
  const char* message() const { return message_.data(); }

  int orientation() const {
    png_uint_32 size = 0;
    png_bytep data = nullptr;
    if (png_get_eXIf_1(png_, info_, &size, &data) == 0) return 1;
    std::vector<std::uint8_t> exif(kExifHeader.begin(), kExifHeader.end());
    exif.insert(exif.end(), data, data + size);
    return exif_orientation(exif);
  }

 private:
  static void on_error(png_structp png, png_const_charp message) {
    auto& self = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self.message_.data(), message, self.message_.size() - 1);
    std::longjmp(self.jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}

  static void read(png_structp png, png_bytep target, std::size_t size) {
    auto& self = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (size > self.rest_.size()) png_error(png, "premature end of PNG file");
    std::ranges::copy(self.rest_.first(size), target);
    self.rest_ = self.rest_.subspan(size);
  }

  ByteView rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  std::jmp_buf jump_{};
  std::array<char, 128> message_{};
};

}  // namespace

StoredImage decode_png(ByteView file, std::string_view source, std::int64_t max_pixels) {
  PngReader reader(file);
  if (!reader.read_header()) throw_damaged(source, reader.message());
  check_image_size(reader.width(), reader.height(), max_pixels, source);
  Image image{.height = reader.height(),
              .width = reader.width(),
              .channels = reader.channels(),
              .pixels = {}};
  image.pixels.resize(static_cast<std::size_t>(image.height) *
                      static_cast<std::size_t>(image.width) *
                      static_cast<std::size_t>(image.channels));
  if (!reader.read_pixels(image.pixels.data())) throw_damaged(source, reader.message());
  return {std::move(image), reader.orientation()};
}

}  // namespace alexnet
