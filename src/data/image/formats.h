#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/files/bytes.h"
#include "data/image/codec.h"

namespace alexnet {

/// So many of a file's first bytes tell its format.
inline constexpr std::size_t kImageHeadBytes = 32;

/// A format of image files. Content decides what a file is; names only which files are looked at.
struct ImageFormat {
  std::string_view name;
  std::array<std::string_view, 3> extensions;  ///< in small letters, the usual one first
  bool (*recognises)(ByteView head);
  /// Throws ImageError, naming `source`, when the file is damaged, cut short or larger than
  /// `max_pixels`.
  StoredImage (*decode)(ByteView file, std::string_view source, std::int64_t max_pixels);
  /// Whether content alone makes a file of another extension an image.
  bool by_content = true;
};

std::span<const ImageFormat> image_formats();

/// The format of a file, or of its first kImageHeadBytes; null when it has none of these.
const ImageFormat* find_image_format(ByteView head);
/// By an extension with its dot, in letters of any case.
const ImageFormat* find_format_of_extension(std::string_view extension);
/// Throws ImageError when the file has none.
const ImageFormat& image_format(ByteView file, std::string_view source);

/// Whether it is one of a format here, in letters of any case: ".jpg".
bool is_image_extension(const std::string& extension);

/// "JPEG, PNG, …"
std::string image_format_names();

}  // namespace alexnet
