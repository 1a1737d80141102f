#include "data/image/formats.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/files/file_names.h"

namespace alexnet {
namespace {

using std::string_view_literals::operator""sv;

bool has(ByteView file, std::size_t offset, std::string_view text) {
  return file.size() >= offset + text.size() &&
         std::ranges::equal(file.subspan(offset, text.size()), text, {}, {},
                            [](char c) { return static_cast<std::uint8_t>(c); });
}

bool is_png(ByteView file) {
  return has(file, 0, "\x89PNG\r\n\x1A\n");
}

bool is_webp(ByteView file) {
  return has(file, 0, "RIFF") && has(file, 8, "WEBP");
}

// Of both byte orders, and BigTIFF.
bool is_tiff(ByteView file) {
  return has(file, 0, "II*\0"sv) || has(file, 0, "MM\0*"sv) || has(file, 0, "II+\0"sv) ||
         has(file, 0, "MM\0+"sv);
}

bool is_gif(ByteView file) {
  return has(file, 0, "GIF87a") || has(file, 0, "GIF89a");
}

// Texts begin with BM as well: the length of the second header is one of those that there are.
bool is_bmp(ByteView file) {
  constexpr std::array<std::uint8_t, 7> kLengths{12, 40, 52, 56, 64, 108, 124};
  return has(file, 0, "BM") && has(file, 15, "\0\0\0"sv) &&
         std::ranges::find(kLengths, file[14]) != kLengths.end();
}

// Cameras' raw files are TIFFs too, of a thumbnail first: a TIFF is one by its name.
constexpr std::array kFormats{
    ImageFormat{"JPEG", {".jpg", ".jpeg", ".jfif"}, is_jpeg, decode_jpeg},
    ImageFormat{"PNG", {".png"}, is_png, decode_png},
    ImageFormat{"WebP", {".webp"}, is_webp, decode_webp},
    ImageFormat{"TIFF", {".tif", ".tiff"}, is_tiff, decode_tiff, false},
    ImageFormat{"GIF", {".gif"}, is_gif, decode_gif},
    ImageFormat{"BMP", {".bmp"}, is_bmp, decode_bmp},
};

}  // namespace

bool is_jpeg(ByteView file) {
  return has(file, 0, "\xFF\xD8\xFF");
}

std::span<const ImageFormat> image_formats() {
  return kFormats;
}

const ImageFormat* find_image_format(ByteView head) {
  const auto* found = std::ranges::find_if(
      kFormats, [head](const ImageFormat& format) { return format.recognises(head); });
  return found == kFormats.end() ? nullptr : found;
}

const ImageFormat* find_format_of_extension(std::string_view extension) {
  if (extension.empty()) return nullptr;
  const std::string small = lowered(std::string(extension));
  const auto* found = std::ranges::find_if(kFormats, [&small](const ImageFormat& format) {
    return std::ranges::find(format.extensions, small) != format.extensions.end();
  });
  return found == kFormats.end() ? nullptr : found;
}

const ImageFormat& image_format(ByteView file, std::string_view source) {
  const ImageFormat* format = find_image_format(file);
  if (format != nullptr) return *format;
  throw ImageError(
      source,
      file.empty() ? "is an empty file" : fmt::format("is none of {}", image_format_names()),
      "replace or remove it");
}

bool is_image_extension(const std::string& extension) {
  return find_format_of_extension(extension) != nullptr;
}

std::string image_format_names() {
  std::string names;
  for (const ImageFormat& format : kFormats) {
    if (!names.empty()) names += ", ";
    names += format.name;
  }
  return names;
}

}  // namespace alexnet
