#include "serve/api/overlay_text.h"

#include <alexnet/explain.h>

#include "core/base64.h"
#include "data/image/png_writer.h"

namespace alexnet::serve {

std::string to_png_text(const Image& image) {
  return to_base64(encode_png(image));
}

const std::string& overlay_scale_text() {
  static const std::string text = to_png_text(overlay_scale(1, 128));
  return text;
}

}  // namespace alexnet::serve
