#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#include <stb/stb_image.h>

#include "data/image/codec.h"

namespace alexnet {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::size_t kCoreHeader = 12;   // OS/2's, with smaller fields and colours
constexpr std::size_t kInfoHeader = 40;   // what all later headers begin with
constexpr std::size_t kMasks = 12;        // of 16 and 32 bits, behind or within the header
constexpr std::size_t kAlphaHeader = 56;  // the least that has a mask of alpha
constexpr std::size_t kAlphaField = 66;
constexpr std::size_t kOffsetField = 10;
constexpr std::size_t kLengthField = 14;

std::uint32_t number(ByteView file, std::size_t offset, std::size_t bytes = 4) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) value = value << 8U | file[offset + i];
  return value;
}

struct BmpHeader {
  std::size_t used = 0;     // of the file: both headers, and masks
  std::size_t palette = 0;  // where it begins
  std::size_t pixels = 0;   // where they begin
  std::int32_t width = 0;
  std::int32_t height = 0;  // negative: the upper row comes first
  std::uint32_t bits = 0;   // of a pixel
  std::size_t colour_bytes = 4;
  std::uint32_t alpha = 0;  // the bits of a pixel that are alpha; none: 0
};

BmpHeader read_header(ByteView file, std::string_view source) {
  constexpr std::uint32_t kPlain = 0;
  constexpr std::uint32_t kWithMasks = 3;
  const std::size_t length = number(file, kLengthField);
  if (file.size() < kFileHeader + length) throw_damaged(source, "the BMP file is cut short");
  BmpHeader header{.used = kFileHeader + std::min(length, kInfoHeader),
                   .palette = kFileHeader + length,
                   .pixels = number(file, kOffsetField)};
  if (length == kCoreHeader) {
    header.width = static_cast<std::int32_t>(number(file, 18, 2));
    header.height = static_cast<std::int32_t>(number(file, 20, 2));
    header.bits = number(file, 24, 2);
    header.colour_bytes = 3;
  } else {
    header.width = static_cast<std::int32_t>(number(file, 18));
    header.height = static_cast<std::int32_t>(number(file, 22));
    header.bits = number(file, 28, 2);
    const std::uint32_t compression = number(file, 30);
    if (compression == kWithMasks) {
      header.used += kMasks;
      if (length >= kAlphaHeader && header.bits == 32) header.alpha = number(file, kAlphaField);
    } else if (compression != kPlain) {
      throw_damaged(source, "compressed BMP files are not supported");
    }
    header.palette = std::max(header.palette, header.used);
  }
  const bool sound = header.width > 0 && header.height != 0 &&
                     header.height != std::numeric_limits<std::int32_t>::min();
  if (!sound) throw_damaged(source, "the BMP file has no pixels");
  if (header.palette > header.pixels) throw_damaged(source, "the BMP file's header is damaged");
  return header;
}

// Rows are padded to four bytes; the last one need not be.
bool is_whole(ByteView file, const BmpHeader& header) {
  const std::uint64_t bits = std::uint64_t{header.bits} * static_cast<std::uint32_t>(header.width);
  const std::uint64_t row = (bits + 31) / 32 * 4;
  const auto rows = static_cast<std::uint64_t>(std::abs(header.height));
  return file.size() >= header.pixels + (rows - 1) * row + (bits + 7) / 8;
}

// As for Pillow, alpha is what a mask says that it is. Pixels of 32 bits fill their rows.
bool has_transparent(ByteView file, const BmpHeader& header) {
  if (header.alpha == 0) return false;
  const std::size_t pixels =
      static_cast<std::size_t>(header.width) * static_cast<std::size_t>(std::abs(header.height));
  for (std::size_t i = 0; i < pixels; ++i) {
    if ((number(file, header.pixels + 4 * i) & header.alpha) != header.alpha) return true;
  }
  return false;
}

// The file as stb_image can read it: a header of 40 bytes at most, a palette of all colours that
// the pixels can name (it does not look for others) and the pixels at once behind. It takes what is
// missing for zeros: is_whole() comes first.
class BmpSource {
 public:
  BmpSource(ByteView file, const BmpHeader& header)
      : head_(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(header.used)),
        parts_{ByteView(), file.subspan(header.pixels)} {
    if (header.bits <= 8) {
      const ByteView palette = file.subspan(header.palette, header.pixels - header.palette);
      const std::size_t full = (std::size_t{1} << header.bits) * header.colour_bytes;
      const ByteView present = palette.first(std::min(palette.size(), full));
      head_.insert(head_.end(), present.begin(), present.end());
      head_.resize(header.used + full);
    }
    set(kOffsetField, head_.size());
    set(kLengthField, std::min(header.palette - kFileHeader, kInfoHeader));
    parts_[0] = head_;
  }

  static int read(void* user, char* target, int size) {
    auto& self = *static_cast<BmpSource*>(user);
    auto wanted = static_cast<std::size_t>(size);
    for (ByteView& part : self.parts_) {
      const ByteView taken = part.first(std::min(part.size(), wanted));
      target = std::ranges::copy(taken, target).out;
      part = part.subspan(taken.size());
      wanted -= taken.size();
    }
    return size - static_cast<int>(wanted);
  }

  static void skip(void* user, int size) {
    auto& self = *static_cast<BmpSource*>(user);
    auto wanted = static_cast<std::size_t>(std::max(size, 0));
    for (ByteView& part : self.parts_) {
      const std::size_t taken = std::min(part.size(), wanted);
      part = part.subspan(taken);
      wanted -= taken;
    }
  }

  static int is_at_end(void* user) {
    auto& self = *static_cast<BmpSource*>(user);
    return std::ranges::all_of(self.parts_, &ByteView::empty) ? 1 : 0;
  }

 private:
  void set(std::size_t field, std::size_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
      head_[field + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }

  std::vector<std::uint8_t> head_;
  std::array<ByteView, 2> parts_;
};

struct Free {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

}  // namespace

StoredImage decode_bmp(ByteView file, std::string_view source, std::int64_t max_pixels) {
  const BmpHeader header = read_header(file, source);
  check_image_size(header.width, std::abs(header.height), max_pixels, source);
  if (!is_whole(file, header)) throw_damaged(source, "the BMP file is cut short");
  BmpSource bytes(file, header);
  const stbi_io_callbacks callbacks{BmpSource::read, BmpSource::skip, BmpSource::is_at_end};
  int width = 0;
  int height = 0;
  const std::unique_ptr<stbi_uc, Free> pixels(
      stbi_load_from_callbacks(&callbacks, &bytes, &width, &height, nullptr, 3));
  if (!pixels) {
    const std::string_view reason = stbi_failure_reason();
    if (reason == "Out of memory") throw std::bad_alloc();
    throw_damaged(source, reason);
  }
  Image image = blank_image(height, width, 3);
  image.transparent = has_transparent(file, header);
  std::copy_n(pixels.get(), image.pixels.size(), image.pixels.begin());
  return {std::move(image)};
}

}  // namespace alexnet
