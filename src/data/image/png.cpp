#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "data/image/codec.h"
#include "data/image/png_metadata.h"

namespace alexnet {
namespace {

// Names, each with a zero behind it.
constexpr auto kMetadataChunks = std::to_array<std::uint8_t>(
    {'e', 'X', 'I', 'f', 0, 't', 'E', 'X', 't', 0, 'z', 'T', 'X', 't', 0, 'i', 'T', 'X', 't', 0});

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
    png_set_chunk_malloc_max(png_, rest_.size());  // whatever length a chunk claims
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kMetadataChunks.data(),
                                static_cast<int>(kMetadataChunks.size() / 5));
    png_set_read_user_chunk_fn(png_, this, on_chunk);
    png_read_info(png_, info_);
    png_set_expand_gray_1_2_4_to_8(png_);
    png_set_palette_to_rgb(png_);
    png_set_tRNS_to_alpha(png_);
    png_set_strip_16(png_);
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
  [[noreturn]] void throw_failure(std::string_view source) const {
    const std::string_view message(message_.data());
    const bool out_of_memory = info_ == nullptr || metadata_out_of_memory_ ||
                               message == "Out of memory" || message == "insufficient memory";
    if (out_of_memory) throw std::bad_alloc();
    throw_damaged(source, message);
  }

  int orientation() const { return metadata_.orientation(); }

 private:
  static void on_error(png_structp png, png_const_charp message) {
    auto& self = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self.message_.data(), message, self.message_.size() - 1);
    std::longjmp(self.jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}

  // Of kMetadataChunks. libpng itself would keep every text, inflated.
  static int on_chunk(png_structp png, png_unknown_chunkp chunk) {
    constexpr int kNotHandled = 0;
    constexpr int kHandled = 1;
    constexpr int kError = -1;
    auto& self = *static_cast<PngReader*>(png_get_user_chunk_ptr(png));
    if (png_handle_as_unknown(png, chunk->name) == PNG_HANDLE_CHUNK_AS_DEFAULT) return kNotHandled;
    try {
      self.metadata_.read({reinterpret_cast<const char*>(chunk->name), 4},
                          {chunk->data, chunk->size});
    } catch (const std::bad_alloc&) {
      self.metadata_out_of_memory_ = true;
      return kError;
    }
    return kHandled;
  }

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
  PngMetadata metadata_;
  bool metadata_out_of_memory_ = false;
  std::jmp_buf jump_{};
  std::array<char, 128> message_{};
};

}  // namespace

StoredImage decode_png(ByteView file, std::string_view source, std::int64_t max_pixels) {
  PngReader reader(file);
  if (!reader.read_header()) reader.throw_failure(source);
  check_image_size(reader.width(), reader.height(), max_pixels, source);
  Image image = blank_image(reader.height(), reader.width(), reader.channels());
  if (!reader.read_pixels(image.pixels.data())) reader.throw_failure(source);
  if (image.channels == 2 || image.channels == 4) {
    --image.channels;
    image.transparent = drop_alpha(image.pixels, static_cast<std::size_t>(image.channels));
  }
  return {std::move(image), reader.orientation()};
}

}  // namespace alexnet
