#include "infer/bad_image_text.h"

#include <alexnet/error.h>

namespace alexnet {

// Names of files hold no zero byte.
std::string to_text(const BadImage& image) {
  std::string text;
  for (const std::string& field :
       {std::to_string(image.index), image.name, image.problem, image.key}) {
    text += field;
    text += '\0';
  }
  return text;
}

std::vector<BadImage> parse_bad_images(std::string_view text) {
  const auto next = [&text] {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) {
      throw Error("a list of bad images from another rank is damaged", ErrorKind::internal);
    }
    std::string field(text.substr(0, end));
    text.remove_prefix(end + 1);
    return field;
  };
  std::vector<BadImage> images;
  while (!text.empty()) {
    BadImage& image = images.emplace_back();
    image.index = static_cast<std::uint32_t>(std::stoul(next()));
    image.name = next();
    image.problem = next();
    image.key = next();
  }
  return images;
}

}  // namespace alexnet
