#pragma once

#include <alexnet/image.h>

#include <cstdint>
#include <string_view>

/// Text in pictures: X11's fixed font, Latin-1's characters of 6 x 13 pixels; others are '?'.
namespace alexnet {

inline constexpr int kGlyphWidth = 6;
inline constexpr int kGlyphHeight = 13;

/// Characters of UTF-8 text.
int text_length(std::string_view text);

/// Draws UTF-8 text with its upper left corner at (top, left); what lies outside is left out.
void draw_text(Image& image, int top, int left, std::string_view text, std::uint8_t grey);

}  // namespace alexnet
