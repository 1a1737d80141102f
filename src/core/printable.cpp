#include "core/printable.h"

#include <algorithm>

#include "core/unicode.h"

namespace alexnet {
namespace {

bool continues_a_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Ends between two characters.
std::string_view beginning(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  constexpr std::size_t kLongestCharacter = 4;
  std::size_t end = most;
  while (most - end < kLongestCharacter && continues_a_character(text[end])) --end;
  return text.substr(0, continues_a_character(text[end]) ? most : end);
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string shown = as_utf8(beginning(text, kLongest));
  std::ranges::replace_if(
      shown,
      [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < ' ' || byte == 0x7F;
      },
      '?');
  return text.size() > kLongest ? shown + "…" : shown;
}

}  // namespace alexnet
