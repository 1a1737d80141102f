#include "data/image/png_metadata.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <optional>

#include "data/image/exif.h"

namespace alexnet {
namespace {

constexpr std::size_t kMostText = std::size_t{1} << 20U;  // Pillow's limit

// Removes what is before the next zero, and the zero; the text has to have one.
std::optional<std::string_view> take_word(std::string_view& text) {
  const auto end = text.find('\0');
  if (end == text.npos) return std::nullopt;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end + 1);
  return word;
}

std::optional<std::string> inflated(std::string_view compressed) {
  std::string text(kMostText, '\0');
  auto size = static_cast<uLongf>(text.size());
  const int result =
      uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                 reinterpret_cast<const Bytef*>(compressed.data()), compressed.size());
  if (result != Z_OK) return std::nullopt;
  text.resize(size);
  return text;
}

// What follows the keyword: zTXt has the method of compression there, iTXt a flag, the method, a
// language and the keyword in it.
std::optional<std::string> text_of(std::string_view type, std::string_view rest) {
  bool compressed = type == "zTXt";
  if (compressed && !rest.empty()) rest.remove_prefix(1);
  if (type == "iTXt") {
    if (rest.size() < 2) return std::nullopt;
    compressed = rest[0] != 0;
    rest.remove_prefix(2);
    if (!take_word(rest) || !take_word(rest)) return std::nullopt;
  }
  if (compressed) return inflated(rest);
  if (rest.size() > kMostText) return std::nullopt;
  return std::string(rest);
}

// An empty line, the name, the length, and the bytes in hexadecimal.
std::vector<std::uint8_t> raw_profile(std::string_view text) {
  constexpr int kHeadLines = 3;
  for (int i = 0; i < kHeadLines; ++i) {
    const auto end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string digits(text);
  std::erase_if(digits, [](unsigned char c) { return std::isspace(c) != 0; });
  std::vector<std::uint8_t> bytes(digits.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* const first = digits.data() + 2 * i;
    if (std::from_chars(first, first + 2, bytes[i], 16).ptr != first + 2) return {};
  }
  return bytes;
}

}  // namespace

void PngMetadata::read(std::string_view type, ByteView chunk) {
  if (type == "eXIf") {
    if (exif_.empty()) exif_.assign(chunk.begin(), chunk.end());
  } else {
    read_text(type, chunk);
  }
}

void PngMetadata::read_text(std::string_view type, ByteView chunk) {
  std::string_view rest(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  const auto keyword = take_word(rest);
  const bool is_profile = keyword == "Raw profile type exif";
  if (!is_profile && keyword != "XML:com.adobe.xmp") return;
  const auto text = text_of(type, rest);
  if (!text) return;
  if (is_profile) {
    profile_ = raw_profile(*text);
  } else {
    xmp_ = *text;
  }
}

int PngMetadata::orientation() const {
  return find_orientation(exif_.empty() ? profile_ : exif_, xmp_);
}

}  // namespace alexnet
