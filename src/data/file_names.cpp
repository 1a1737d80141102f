#include "data/file_names.h"

#include <algorithm>

namespace alexnet {

bool is_hidden(const std::filesystem::path& path) {
  return path.filename().native().starts_with('.');
}

std::string lowered(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

bool is_image_extension(const std::string& extension) {
  const std::string small = lowered(extension);
  return small == ".jpg" || small == ".jpeg" || small == ".png";
}

}  // namespace alexnet
