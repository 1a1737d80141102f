#include "report/font.h"

#include <array>
#include <cstddef>
#include <string>

namespace alexnet {
namespace {

using Glyph = std::array<std::uint8_t, kGlyphHeight>;

constexpr std::array kGlyphs = std::to_array<Glyph>({
#include "report/font_glyphs.inc"
});

constexpr unsigned kAsciiFirst = 0x20;
constexpr unsigned kAsciiEnd = 0x7F;
constexpr unsigned kLatinFirst = 0xA0;
constexpr unsigned kLatinEnd = 0x100;
static_assert(kGlyphs.size() == kAsciiEnd - kAsciiFirst + kLatinEnd - kLatinFirst);

const Glyph& glyph(unsigned code) {
  if (code >= kAsciiFirst && code < kAsciiEnd) return kGlyphs[code - kAsciiFirst];
  if (code >= kLatinFirst && code < kLatinEnd) {
    return kGlyphs[code - kLatinFirst + kAsciiEnd - kAsciiFirst];
  }
  return kGlyphs['?' - kAsciiFirst];
}

bool continues(char byte) {
  constexpr unsigned kMask = 0xC0;
  constexpr unsigned kContinuation = 0x80;
  return (static_cast<unsigned char>(byte) & kMask) == kContinuation;
}

// The first character's code, and the text without it; 0 beyond Latin-1.
unsigned take_character(std::string_view& text) {
  constexpr unsigned kTwoBytes = 0xC0;  // 110xxxxx 10xxxxxx
  constexpr unsigned kLatinLead = 0xC3;
  std::size_t size = 1;
  while (size < text.size() && continues(text[size])) ++size;
  const auto lead = static_cast<unsigned char>(text[0]);
  unsigned code = size == 1 ? lead : 0;
  if (size == 2 && lead >= kTwoBytes && lead <= kLatinLead) {
    code = ((lead & 0x1FU) << 6) | (static_cast<unsigned char>(text[1]) & 0x3FU);
  }
  text.remove_prefix(size);
  return code;
}

void draw_glyph(Image& image, int top, int left, const Glyph& shape, std::uint8_t grey) {
  for (int y = 0; y < kGlyphHeight; ++y) {
    for (int x = 0; x < kGlyphWidth; ++x) {
      const bool set = (shape[static_cast<std::size_t>(y)] >> (kGlyphWidth - 1 - x) & 1) != 0;
      const bool inside =
          top + y >= 0 && top + y < image.height && left + x >= 0 && left + x < image.width;
      if (!set || !inside) continue;
      const std::size_t pixel =
          static_cast<std::size_t>(top + y) * static_cast<std::size_t>(image.width) +
          static_cast<std::size_t>(left + x);
      for (int c = 0; c < image.channels; ++c) {
        image.pixels[pixel * static_cast<std::size_t>(image.channels) +
                     static_cast<std::size_t>(c)] = grey;
      }
    }
  }
}

}  // namespace

int text_length(std::string_view text) {
  int length = 0;
  for (; !text.empty(); ++length) take_character(text);
  return length;
}

void draw_text(Image& image, int top, int left, std::string_view text, std::uint8_t grey) {
  for (; !text.empty(); left += kGlyphWidth) {
    draw_glyph(image, top, left, glyph(take_character(text)), grey);
  }
}

}  // namespace alexnet
