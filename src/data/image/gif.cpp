#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "data/image/codec.h"

namespace alexnet {
namespace {

using Colour = std::array<std::uint8_t, 3>;

// The first frame of a file. Its members throw what the library says.
class GifReader {
 public:
  GifReader(ByteView file, std::string_view source) : source_(source), rest_(file) {
    int error = 0;
    gif_ = DGifOpen(this, read, &error);
    if (gif_ == nullptr) fail(error);
  }
  ~GifReader() { DGifCloseFile(gif_, nullptr); }
  GifReader(const GifReader&) = delete;
  GifReader& operator=(const GifReader&) = delete;

  /// Goes on to the first frame.
  void find_frame() {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    for (;;) {
      check(DGifGetRecordType(gif_, &record));
      if (record == EXTENSION_RECORD_TYPE) {
        read_extension();
      } else if (record == IMAGE_DESC_RECORD_TYPE) {
        check(DGifGetImageDesc(gif_));
        return;
      } else {
        throw_damaged(source_, "the GIF has no picture");
      }
    }
  }

  // Some frames are larger than the screen, which then grows, as for Pillow.
  int width() const { return std::max(gif_->SWidth, gif_->Image.Left + gif_->Image.Width); }
  int height() const { return std::max(gif_->SHeight, gif_->Image.Top + gif_->Image.Height); }

  Image decode() {
    const GifImageDesc& frame = gif_->Image;
    if (frame.Width < 1 || frame.Height < 1) throw_damaged(source_, "the GIF has no pixels");
    const std::array<Colour, 256> palette = read_palette();
    Image image = blank_image(height(), width(), 3);
    if (frame.Width < image.width || frame.Height < image.height) {
      image.transparent = transparent_.has_value();
      fill(image, palette.at(static_cast<std::size_t>(transparent_.value_or(0))));
    }
    std::vector<GifPixelType> row(static_cast<std::size_t>(frame.Width));
    const auto read_row = [&](int y) {
      check(DGifGetLine(gif_, row.data(), frame.Width));
      std::uint8_t* target = &image.pixels[3 * (static_cast<std::size_t>(frame.Top + y) *
                                                    static_cast<std::size_t>(image.width) +
                                                static_cast<std::size_t>(frame.Left))];
      for (const GifPixelType index : row) {
        target = std::ranges::copy(palette.at(index), target).out;
        image.transparent = image.transparent || index == transparent_;
      }
    };
    for (const auto& [first, step] : passes(frame.Interlace)) {
      for (int y = first; y < frame.Height; y += step) read_row(y);
    }
    return image;
  }

 private:
  struct Pass {
    int first;
    int step;
  };

  static std::vector<Pass> passes(bool interlaced) {
    if (!interlaced) return {{0, 1}};
    return {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  }

  static void fill(Image& image, const Colour& colour) {
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = colour.at(i % 3);
  }

  // Without a palette an index is a grey, beyond its end it is black, as for Pillow.
  std::array<Colour, 256> read_palette() const {
    std::array<Colour, 256> palette{};
    const ColorMapObject* map = gif_->Image.ColorMap;
    if (map == nullptr) map = gif_->SColorMap;
    if (map == nullptr) {
      for (std::size_t i = 0; i < palette.size(); ++i) {
        palette.at(i).fill(static_cast<std::uint8_t>(i));
      }
      return palette;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(map->ColorCount); ++i) {
      palette.at(i) = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue};
    }
    return palette;
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // of its length and so many bytes
    check(DGifGetExtension(gif_, &code, &block));
    GraphicsControlBlock control{};
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr &&
        DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK &&
        control.TransparentColor != NO_TRANSPARENT_COLOR) {
      transparent_ = control.TransparentColor;
    }
    while (block != nullptr) check(DGifGetExtensionNext(gif_, &block));
  }

  static int read(GifFileType* gif, GifByteType* target, int size) {
    auto& self = *static_cast<GifReader*>(gif->UserData);
    const std::size_t count = std::min(self.rest_.size(), static_cast<std::size_t>(size));
    std::ranges::copy(self.rest_.first(count), target);
    self.rest_ = self.rest_.subspan(count);
    return static_cast<int>(count);
  }

  void check(int result) const {
    if (result != GIF_OK) fail(gif_->Error);
  }

  [[noreturn]] void fail(int error) const {
    if (error == D_GIF_ERR_NOT_ENOUGH_MEM) throw std::bad_alloc();
    const char* message = GifErrorString(error);
    throw_damaged(source_, message != nullptr ? message : "the GIF is damaged");
  }

  std::string_view source_;
  ByteView rest_;
  GifFileType* gif_ = nullptr;
  std::optional<int> transparent_;
};

}  // namespace

StoredImage decode_gif(ByteView file, std::string_view source, std::int64_t max_pixels) {
  GifReader reader(file, source);
  reader.find_frame();
  check_image_size(reader.width(), reader.height(), max_pixels, source);
  return {reader.decode()};
}

}  // namespace alexnet
