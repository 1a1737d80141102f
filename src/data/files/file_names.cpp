#include "data/files/file_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

namespace alexnet {
namespace {

constexpr std::array<std::string_view, 5> kLeftBySystems{"@eaDir", "Thumbs.db", "__MACOSX",
                                                         "desktop.ini", "lost+found"};

constexpr std::array<std::string_view, 22> kUnreadImages{
    ".arw", ".avif", ".cr2", ".cr3", ".dng", ".exr", ".hdr", ".heic", ".heif", ".ico", ".j2k",
    ".jp2", ".jxl",  ".nef", ".pbm", ".pgm", ".pnm", ".ppm", ".psd",  ".raf",  ".svg", ".tga"};

constexpr std::array<std::string_view, 9> kPacked{".tar",  ".tgz", ".tbz", ".tbz2", ".txz",
                                                  ".tzst", ".zip", ".rar", ".7z"};

constexpr std::array<std::string_view, 8> kCompressed{"",     ".gz",  ".bz2", ".xz",
                                                      ".zst", ".lz4", ".lz",  ".z"};

}  // namespace

bool is_hidden(const std::filesystem::path& path) {
  const std::string name = path.filename();
  return name.starts_with('.') || std::ranges::count(kLeftBySystems, name) > 0;
}

bool is_folder(const std::filesystem::directory_entry& entry) {
  std::error_code error;
  if (entry.is_directory(error)) return true;
  return error != std::errc::too_many_symbolic_link_levels && entry.is_directory();
}

std::string lowered(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

bool is_packed(const std::filesystem::path& path) {
  if (is_hidden(path)) return false;
  const std::filesystem::path name = lowered(path.filename());
  return std::ranges::count(kPacked, name.extension().string()) > 0 ||
         (name.stem().extension() == ".tar" &&
          std::ranges::count(kCompressed, name.extension().string()) > 0);
}

bool is_unread_image_extension(const std::string& extension) {
  return std::ranges::binary_search(kUnreadImages, lowered(extension));
}

}  // namespace alexnet
